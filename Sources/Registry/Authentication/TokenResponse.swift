import Images

/// What a token server answers (https://distribution.github.io/distribution/spec/auth/token/).
struct TokenResponse: Equatable {
    let token: String
    /// How long the token is good for, from when it was asked for.
    let lifetime: Duration

    /// What the specification has a client assume where the answer does not say, in seconds.
    static let defaultLifetimeSeconds: Int64 = 60

    /// Nil if there is no token in `body`, or none that can stand in a header.
    init?(parsing body: [UInt8]) {
        // What the decoder says could quote the token.
        guard let json = try? JSONValue(parsing: body),
            let token = [json["token"]?.string, json["access_token"]?.string].lazy.compactMap({ $0 }).first(where: {
                !$0.isEmpty
            }),
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.token = token
        let seconds = json["expires_in"]?.integer ?? 0
        lifetime = .seconds(seconds > 0 ? min(seconds, 86_400 * 365) : Self.defaultLifetimeSeconds)
    }
}
