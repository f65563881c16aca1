import Crypto
import Formatting
package import Fingerprint
package import FoundationEssentials
package import Host
package import HTTP
package import Logging
import Processes
import Store

/// Determines the current contents at the addresses that `ADD` names, for the option `base-images: pin`.
package struct RemotePinning {
    package let index: LookupIndex
    /// The prefix of an address in the index.
    package var memoryMark = ""
    /// The content at an address. `known` is returned if the server reports that it is unchanged.
    package let content: @Sendable (URL, _ known: RemoteContent?) async throws -> RemoteContent
    /// The commit that a name resolves to in a repository.
    package let commit: @Sendable (_ name: String?, _ repository: String) async throws -> String
    /// Milliseconds since 1970.
    package let now: () -> Int64
    package let log: Logger

    /// What each of `sources` resolves to now. Sources with fixed content are left out. All are queried concurrently.
    package func pins(_ sources: [RemoteSource]) async throws -> [RemotePin] {
        let open = sources.filter { !$0.isFixed }
        let known = open.map { $0.kind == .url ? remembered($0.source) : nil }
        let asked = await answers(to: Array(open.indices)) {
            [content, commit] (position: Int) async -> Result<Answer, any Error> in
            do {
                return .success(try await Self.ask(open[position], known[position], content, commit))
            } catch {
                return .failure(error)
            }
        }
        try Task.checkCancellation()
        return open.enumerated().map { position, source in
            let meaning: RemotePin.Meaning
            switch asked[position] {
            case .success(.content(let content)):
                remember(content, of: source.source)
                meaning = .content(digest: content.digest)
            case .success(.commit(let commit)): meaning = .commit(commit)
            case .failure(let error):
                let reason = "\(error)".endedAsSentence
                log.warning("Line \(source.line): could not get the content of \(source.written): \(reason)")
                meaning = .unknown
            case nil: meaning = .unknown
            }
            return RemotePin(line: source.line, written: source.written, source: source.source, meaning: meaning)
        }
    }

    private enum Answer: Sendable {
        case content(RemoteContent)
        case commit(String)
    }

    private struct Unresolved: Error, CustomStringConvertible {
        var description: String { "its address has a variable in it that only the build knows" }
    }

    private struct NoAddress: Error, CustomStringConvertible {
        var description: String { "it is not a valid address" }
    }

    private static func ask(
        _ source: RemoteSource,
        _ known: RemoteContent?,
        _ content: @Sendable (URL, RemoteContent?) async throws -> RemoteContent,
        _ commit: @Sendable (String?, String) async throws -> String
    ) async throws -> Answer {
        guard source.isResolved else { throw Unresolved() }
        if let repository = source.repository { return .commit(try await commit(source.reference, repository)) }
        guard let url = URL(string: source.source) else { throw NoAddress() }
        return .content(try await content(url, known))
    }

    /// The content in the index. Addresses can contain values of build arguments, so the index has only their SHA-256.
    private func remembered(_ source: String) -> RemoteContent? {
        let record = index.attempt { try $0.remoteSources.find(digest(source)) } ?? nil
        return record.map { RemoteContent(digest: $0.digest, tag: $0.tag, address: $0.address) }
    }

    private func remember(_ content: RemoteContent, of source: String) {
        // Without a tag, the content could never be revalidated.
        guard let tag = content.tag else { return }
        let record = RemoteSources.Record(
            address: content.address,
            tag: tag,
            digest: content.digest,
            learnedAt: now()
        )
        index.attempt { try $0.remoteSources.save(record, of: digest(source)) }
    }

    private func digest(_ source: String) -> String {
        SHA256.hash(data: Array((memoryMark + source).utf8)).hexadecimal
    }
}

extension RemotePinning {
    init(index: LookupIndex, memoryMark: String, surroundings: Surroundings) {
        let settings = HTTPSettings(environment: surroundings.environment)
        let log = surroundings.log
        let git = GitInquiry(environment: surroundings.environment, log: log)
        self.init(
            index: index,
            memoryMark: memoryMark,
            content: { url, known in
                let transport = HTTPTransport(settings: settings, registry: "", log: log)
                let result: Result<RemoteContent, FetchError>
                do throws(FetchError) {
                    result = .success(try await ContentFetcher(transport: transport).content(at: url, known: known))
                } catch {
                    result = .failure(error)
                }
                await transport.shutdown()
                return try result.get()
            },
            commit: { try await git.commit(of: $0, in: $1) },
            now: surroundings.now,
            log: log
        )
    }
}

extension KeyComputation {
    /// The key's remote sources that have changed or no longer respond. Called after a build.
    package func movedRemoteSources(_ key: ComputedKey) async throws -> [RemotePin] {
        guard let pins = key.circumstances.remotePins, !pins.isEmpty else { return [] }
        let now = try await remotePinning.pins(key.remoteSources)
        return pins.filter { !now.contains($0) }
    }
}

/// What a remote source resolved to at one moment.
package struct RemotePin: Equatable, Sendable {
    /// Its line in the Dockerfile.
    package let line: Int
    /// The source as written in the Dockerfile.
    package let written: String
    /// The source with its variables replaced; not for display.
    package let source: String
    package let meaning: Meaning

    package enum Meaning: Equatable, Sendable {
        /// SHA-256 of the content, 64 hex digits.
        case content(digest: String)
        /// The hash of a commit.
        case commit(String)
        case unknown

        /// The value in the key.
        package var text: String {
            switch self {
            case .content(let digest): "sha256:\(digest)"
            case .commit(let hash): "commit:\(hash)"
            case .unknown: "unknown"
            }
        }
    }
}
