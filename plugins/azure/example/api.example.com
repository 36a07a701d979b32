# An API behind Microsoft Entra ID: copy it to /etc/tam.d/api.example.com, and put your tenant and application in.
# `tam check --service=api.example.com` says what is wrong with it; `tam explain` shows every check of a token.

# What clients are told: where the API is (RFC 9728), and the name that a consent screen may show.
resource  url=https://api.example.com/mcp name='Example API'

# The directory (tenant) id, the application (client) id of the API's own app registration, its application ID URI, and the scope that
# each user's token must carry: tokens have `read`, clients ask for https://api.example.com/mcp/read.
required  azure tenant_id=aaaabbbb-0000-cccc-1111-dddd2222eeee \
                client_id=00001111-aaaa-2222-bbbb-3333cccc4444 \
                identifier_uri=https://api.example.com/mcp required_scopes=read
