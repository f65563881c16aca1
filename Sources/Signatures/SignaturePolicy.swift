import Images

/// Whose signatures count.
package struct SignaturePolicy: Equatable, Sendable {
    /// Of each list, one key has to have signed: the agent's owner gives one, and the options another.
    private let lists: [[VerifyingKey]]

    /// Nil where nothing is to be checked.
    package init?(_ lists: [[VerifyingKey]]) {
        guard !lists.isEmpty else { return nil }
        self.lists = lists
    }

    /// What is said of an image by a signature that counts.
    ///
    /// Throws ``UnverifiedImage``.
    ///
    /// - Parameters:
    ///   - envelope: nil where there is none
    ///   - isExpected: whether a statement is about the image that is meant; the first difference, for people, or nil
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

/// Why an image counts as not there, with `verify-key`.
package enum UnverifiedImage: Error, Equatable, CustomStringConvertible {
    case noSignature
    case malformed
    /// None of the keys has signed it.
    case otherSigner
    /// The signature is about something else; what that is completes "its signature is for …".
    case otherImage(String)

    package var description: String {
        switch self {
        case .noSignature: "it has no signature"
        case .malformed: "its signature cannot be read"
        case .otherSigner: "its signature is not by any of the keys that count here"
        case .otherImage(let what): "its signature is for \(what)"
        }
    }
}

extension ImageStatement {
    /// What is the first thing in which a statement is not about this image; nil if it is. The time of the build may
    /// be any.
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
