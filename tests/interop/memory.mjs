// SPDX-License-Identifier: MIT
// What an MCP client keeps about one server: its registration, its tokens, and the user it must send to the provider.
export const callback = 'http://127.0.0.1:1/callback';

export class Memory {
    // With information: a client that is registered already.
    constructor(information) {
        this.information = information;
    }
    get redirectUrl() {
        return callback;
    }
    get clientMetadata() {
        return { client_name: 'interop', redirect_uris: [callback], token_endpoint_auth_method: 'none', application_type: 'native' };
    }
    clientInformation() {
        return this.information;
    }
    saveClientInformation(information) {
        this.information = information;
    }
    tokens() {
        return this.kept;
    }
    saveTokens(tokens) {
        this.kept = tokens;
    }
    redirectToAuthorization(url) {
        this.url = url;
    }
    saveCodeVerifier(verifier) {
        this.verifier = verifier;
    }
    codeVerifier() {
        return this.verifier;
    }
}
