import Crypto

/// What decides the result of something that a Dockerfile says, as canonical bytes: two that are equal have one result.
/// It knows which variables it depends on.
struct Meaning: Equatable {
    private var encoding = CanonicalEncoding()
    /// The names of the variables, with those that their values are made of in turn.
    private(set) var names: Set<[UInt8]> = []

    /// - Parameter kind: what it is that has this meaning.
    init(_ kind: String) { encoding.append(kind) }

    var bytes: [UInt8] { encoding.bytes }
    var digest: [UInt8] { Array(SHA256.hash(data: bytes)) }

    mutating func append(_ text: String) { encoding.append(text) }
    mutating func append(_ part: some Collection<UInt8>) { encoding.append(part) }

    mutating func append(_ part: Meaning) {
        encoding.append(part.bytes)
        names.formUnion(part.names)
    }

    /// Takes the part in by its digest: it may be as long as a stage.
    mutating func append(digestOf part: Meaning) {
        encoding.append(part.digest)
        names.formUnion(part.names)
    }

    /// Notes that the meaning depends on a variable, whatever its value is.
    mutating func depends(on names: Set<[UInt8]>) { self.names.formUnion(names) }

    /// A variable that nothing sets.
    static let unset = Meaning("unset")

    /// A value that is known.
    static func value(_ value: [UInt8]) -> Meaning {
        var meaning = Meaning("value")
        meaning.append(value)
        return meaning
    }

    /// A text whose variables are replaced when the image is built: the text, and the meaning of every name that stands
    /// behind a dollar sign.
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
