import Images

/// The keys that must have signed an image.
package struct SignaturePolicy: Equatable, Sendable {
    /// From each list, at least one key must have signed. The agent's owner gives one list, and the options another.
    private let lists: [[VerifyingKey]]

    /// Nil if there is nothing to verify.
    package init?(_ lists: [[VerifyingKey]]) {
        guard !lists.isEmpty else { return nil }
        self.lists = lists
    }

    /// The statement in a signature that satisfies this policy.
    ///
    /// Throws ``UnverifiedImage``.
    ///
    /// - Parameters:
    ///   - envelope: nil if there is none
    ///   - difference: returns the first difference between a statement and the expected image, for messages; nil if
    ///     there is none
    package func statement(
        in envelope: [UInt8]?,
        differing difference: (ImageStatement) -> String?
    ) throws(UnverifiedImage) -> ImageStatement {
        guard let envelope else { throw .noSignature }
        guard let read = SignatureEnvelope(parsing: envelope) else { throw .malformed }
        let isSigned = lists.allSatisfy { read.isSigned(byOneOf: $0, type: ImageStatement.payloadType) }
        guard isSigned else { throw .otherSigner }
        guard let statement = ImageStatement(payload: read.payload) else { throw .malformed }
        if let difference = difference(statement) { throw .otherImage(difference) }
        return statement
    }
}

/// Why an image is treated as missing, with `verify-key`.
package enum UnverifiedImage: Error, Equatable, CustomStringConvertible {
    case noSignature
    case malformed
    /// At least one list contains no key that signed it.
    case otherSigner
    /// The signature is for another image. The value completes "its signature is for …".
    case otherImage(String)

    package var description: String {
        switch self {
        case .noSignature: "it has no signature"
        case .malformed: "its signature cannot be read"
        case .otherSigner: "its signature was not made by an accepted key"
        case .otherImage(let what): "its signature is for \(what)"
        }
    }
}

extension ImageStatement {
    /// The first difference between `other` and this statement, apart from the build time. Nil if there is none.
    package func difference(from other: ImageStatement) -> String? {
        if other.digest != digest { return "another digest" }
        if other.repository != repository { return "another repository, \(other.repository)" }
        if other.image != image { return "another image, \(other.image)" }
        if other.key != key { return "another key, \(other.key)" }
        if other.tag != tag { return "another tag prefix, \(other.tag)" }
        if other.platform != platform { return "another platform, \(other.platform)" }
        return nil
    }
}
