import Crypto

/// Everything that determines the result of a part of a Dockerfile, as canonical bytes: equal meanings have equal
/// results. It also holds the names of the variables that it depends on.
struct Meaning: Equatable {
    private var encoding = CanonicalEncoding()
    /// The names of the variables, including those from which their values are computed.
    private(set) var names: Set<[UInt8]> = []

    /// - Parameter kind: the kind of thing that has this meaning.
    init(_ kind: String) { encoding.append(kind) }

    var bytes: [UInt8] { encoding.bytes }
    var digest: [UInt8] { Array(SHA256.hash(data: bytes)) }

    mutating func append(_ text: String) { encoding.append(text) }
    mutating func append(_ part: some Collection<UInt8>) { encoding.append(part) }

    mutating func append(_ part: Meaning) {
        encoding.append(part.bytes)
        names.formUnion(part.names)
    }

    /// Appends the digest of the part, because the part may be as long as a stage.
    mutating func append(digestOf part: Meaning) {
        encoding.append(part.digest)
        names.formUnion(part.names)
    }

    /// Records that the meaning depends on variables, whatever their values are.
    mutating func depends(on names: Set<[UInt8]>) { self.names.formUnion(names) }

    /// The meaning of a variable that is not set.
    static let unset = Meaning("unset")

    /// Returns the meaning of a known value.
    static func value(_ value: [UInt8]) -> Meaning {
        var meaning = Meaning("value")
        meaning.append(value)
        return meaning
    }

    /// Returns the meaning of a string in which variables are replaced during the build: the string, and the meaning of
    /// every name after a dollar sign.
    static func text(_ text: [UInt8], _ variable: ([UInt8]) -> Meaning) -> Meaning {
        var meaning = Meaning("text")
        meaning.append(text)
        for name in DockerfileText.variableNames(in: text).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            meaning.append(name)
            meaning.append(variable(name))
            meaning.names.insert(name)
        }
        return meaning
    }
}
