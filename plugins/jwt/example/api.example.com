# An API behind any issuer that publishes its keys: copy it to /etc/tam.d/api.example.com, and put your issuer in.
# `tam check --fetch --service=api.example.com` also fetches the discovery document and the keys.

resource  url=https://api.example.com name='Example API'

# The issuer as its discovery document names it, the audience that tokens carry, the algorithms that the issuer signs with, and the
# scope that each token needs.
required  jwt authority=https://as.example.com audience=https://api.example.com \
              algorithms=RS256,ES256 required_scopes=read
