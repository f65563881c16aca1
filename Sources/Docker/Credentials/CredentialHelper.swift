import FoundationEssentials
import Logging
import Subprocess
import SystemPackage

/// A program that knows secrets and hands them out to the docker command.
///
/// The protocol is that of https://github.com/docker/docker-credential-helpers: `docker-credential-NAME get`, the
/// registry on standard input, and on standard output either a JSON object or, with a status other than 0, the reason.
struct CredentialHelper: Sendable {
    /// Without `docker-credential-`.
    let name: String
    /// What the helper runs with; `PATH` of it says where the helper is.
    let environment: [String: String]
    /// How long it may take.
    let timeLimit: Duration
    let clock: any Clock<Duration>
    let log: Logger

    /// Asks for the credential of a registry. Nil if the helper has none. One process.
    func credential(for key: CredentialKey) async throws(CredentialError) -> DockerCredential? {
        let answer = try await run(key)
        guard answer.status == 0 else {
            let output = String(decoding: answer.output, as: UTF8.self).trimmingWhitespace()
            if output == Self.notFound { return nil }
            let said = String(decoding: answer.errorOutput, as: UTF8.self).trimmingWhitespace()
            let message = String((said.isEmpty ? output : said).prefix(Self.messageLimit))
            throw .helperFailed(helper: name, host: key.host, status: answer.status, message: message)
        }
        guard let secret = try? JSONDecoder().decode(Secret.self, from: Data(answer.output)) else {
            throw .unexpectedAnswer(helper: name, host: key.host)
        }
        // Some helpers say so that they have none, and Docker understands it.
        if secret.Username.isEmpty, secret.Secret.isEmpty { return nil }
        return secret.Username == Self.tokenUser
            ? .identityToken(secret.Secret) : .password(username: secret.Username, password: secret.Secret)
    }

    private struct Answer: Sendable {
        var status: Int32
        var output: [UInt8]
        var errorOutput: [UInt8]
    }

    // The names are those of the protocol.
    private struct Secret: Decodable {
        var Username: String
        var Secret: String
    }

    private func run(_ key: CredentialKey) async throws(CredentialError) -> Answer {
        guard let executable = FilePath(executable: "docker-credential-\(name)", on: environment["PATH"] ?? "") else {
            throw .helperMissing(helper: name, host: key.host)
        }
        log.debug("$ docker-credential-\(name) get <<<\(key.serverAddress)")
        let answer: Answer?
        do {
            answer = try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask { try await capture(executable, input: key.serverAddress) }
                group.addTask {
                    try await clock.sleep(for: timeLimit)
                    return nil
                }
                // Whichever is left is cancelled, and a cancelled helper is ended.
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            throw .helperNotRun(helper: name, host: key.host, reason: "\(error)")
        }
        guard let answer else {
            throw .helperTimedOut(helper: name, host: key.host, limit: timeLimit)
        }
        return answer
    }

    private func capture(_ executable: FilePath, input: String) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(executable),
            arguments: ["get"],
            environment: .exactly(environment),
            platformOptions: Self.platformOptions,
            input: .fileDescriptor(try .file(holding: Array(input.utf8)), closeAfterSpawningProcess: true),
            output: .bytes(limit: Self.outputLimit),
            error: .bytes(limit: Self.outputLimit)
        )
        return Answer(
            status: result.terminationStatus.shellStatus,
            output: result.standardOutput,
            errorOutput: result.standardError
        )
    }

    /// Helpers are often scripts around another program. In a session of its own, all of it can be ended.
    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        return options
    }

    private static let notFound = "credentials not found in native keychain"
    private static let tokenUser = "<token>"

    /// The most that is read of either stream, in bytes.
    private static let outputLimit = 1 << 20

    /// The most that is told of what a helper said, in characters.
    private static let messageLimit = 500
}
