import Options

/// A given key, or the beginning of one.
struct KeyPrefix {
    /// The prefix as given.
    private let given: String
    /// In lower case.
    let digits: String

    /// Throws unless a key can begin with `given`.
    init(_ given: String) throws(KeyPrefixError) {
        let digits = given.lowercased()
        let isKey = digits.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard !digits.isEmpty, digits.utf8.count <= 40, isKey else { throw .malformed(given) }
        self.given = given
        self.digits = digits
    }

    /// The one key in `found`, which may contain it several times; nil if `found` is empty. Throws if there are several
    /// keys.
    ///
    /// - Parameter found: keys that begin with the prefix
    func onlyKey(of found: [String]) throws(KeyPrefixError) -> String? {
        let keys = Set(found)
        guard keys.count <= 1 else { throw .ambiguous(given, keys: keys.sorted()) }
        return keys.first
    }
}

/// Why a given key matches none, or more than one.
enum KeyPrefixError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    case malformed(String)
    case ambiguous(String, keys: [String])
    case unknown(String, index: String)
    case unknownInRegistry(String, repository: String)

    var exitStatus: Int32 {
        switch self {
        case .malformed, .ambiguous: ExitStatus.usage
        case .unknown, .unknownInRegistry: ExitStatus.failed
        }
    }

    var description: String {
        switch self {
        case .malformed(let text):
            "\"\(text)\" is not the beginning of a key: a key has 40 hex digits. `docker-cache list` shows keys."
        case .ambiguous(let text, let keys):
            "More than one key begins with \(text): \(keys.joined(separator: ", ")). Give more of its digits."
        case .unknown(let text, let index):
            "The index \(index) has no entry for a key \(text)…; `docker-cache list` shows what it has."
        case .unknownInRegistry(let text, let repository):
            "\(repository) has no image of a key \(text)…; `docker-cache list --registry` shows what it has."
        }
    }
}
