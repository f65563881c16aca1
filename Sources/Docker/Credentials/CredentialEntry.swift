package import Images
import FoundationEssentials

/// What stands for one registry under `auths` in Docker's configuration.
package enum CredentialEntry: Equatable, Sendable {
    case credential(RegistryCredential)
    /// No secret: `docker login` leaves such an entry where a credential store keeps it.
    case empty
    /// Neither: `auth` is not the base 64 of `user:password`.
    case malformed
}

extension CredentialEntry: Decodable {
    // The names are those of Docker's file.
    private enum CodingKeys: String, CodingKey {
        case identitytoken, auth, username, password
    }

    /// Takes `identitytoken` before `auth`, which then holds the user alone, and `auth` before `username` and
    /// `password`, as Docker does.
    package init(from decoder: any Decoder) throws {
        let fields = try? decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String {
            (try? fields?.decode(String.self, forKey: key)) ?? ""
        }
        if !text(.identitytoken).isEmpty {
            self = .credential(.identityToken(text(.identitytoken)))
        } else if !text(.auth).isEmpty {
            self = Self.decode(text(.auth))
        } else if !text(.username).isEmpty {
            self = .credential(.password(username: text(.username), password: text(.password)))
        } else {
            self = .empty
        }
    }

    private static func decode(_ auth: String) -> CredentialEntry {
        guard let bytes = Data(base64Encoded: auth), let text = String(validating: bytes, as: UTF8.self),
            // The first colon is the separator; a password may hold more of them.
            let colon = text.firstIndex(of: ":"), colon != text.startIndex
        else { return .malformed }
        // Docker drops NULs at the end of a password.
        let password = text[text.index(after: colon)...].reversed().drop { $0 == "\0" }.reversed()
        return .credential(.password(username: String(text[..<colon]), password: String(password)))
    }
}
