import Options
import Store

/// A key that somebody gave, or the beginning of one.
enum KeyPrefix {
    /// The entries of the one key that begins so; none if only lookups or nobody knows such a key.
    ///
    /// Throws ``KeyPrefixError`` if there are several, or if this is the beginning of no key.
    static func entries(_ given: String, _ index: Index) throws -> [Entry] {
        let prefix = try prefix(given)
        let found = try index.entries.find(prefix: prefix)
        let keys = Set(found.map(\.key))
        guard keys.count <= 1 else { throw KeyPrefixError.ambiguous(given, keys: keys.sorted()) }
        return found
    }

    /// In lower case.
    static func prefix(_ given: String) throws(KeyPrefixError) -> String {
        let prefix = given.lowercased()
        let isKey = prefix.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard !prefix.isEmpty, prefix.utf8.count <= 40, isKey else { throw .malformed(given) }
        return prefix
    }
}

/// Why a key that was given stands for none, or for more than one.
enum KeyPrefixError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    case malformed(String)
    case ambiguous(String, keys: [String])
    case unknown(String, index: String)

    var exitStatus: Int32 {
        switch self {
        case .malformed, .ambiguous: ExitStatus.usage
        case .unknown: ExitStatus.failed
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
        }
    }
}
