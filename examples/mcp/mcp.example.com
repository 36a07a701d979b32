# SPDX-License-Identifier: MIT
# /etc/tam.d/mcp.example.com: tokens of one Microsoft Entra ID tenant. The identifier URI of the application is the resource's URL,
# so that Entra takes a request that names both (else AADSTS9010010).
resource url=https://mcp.example.com/mcp name='Example MCP server'
azure    tenant_id=aaaabbbb-0000-cccc-1111-dddd2222eeee \
         client_id=00001111-aaaa-2222-bbbb-3333cccc4444 \
         identifier_uri=https://mcp.example.com/mcp \
         required_scopes=read \
         jwks_cache_file=/var/cache/tam/mcp.example.com.jwks
