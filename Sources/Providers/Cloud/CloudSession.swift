import Formatting
import FoundationEssentials
import HTTP
import Images
import NIOHTTP1
package import SystemPackage

/// What the clouds' APIs are asked with: who this machine says it is, and the way to them.
///
/// What was found out once is not asked again in the same run, whether there was an answer or not.
package actor CloudSession {
    nonisolated let environment: [String: String]
    nonisolated let home: FilePath?
    /// Milliseconds since 1970.
    nonisolated let now: @Sendable () -> Int64
    private nonisolated let machineDirectory: FilePath
    private nonisolated let exchange: CloudExchange
    /// By region.
    private var amazonAccounts: [String: Task<Result<AmazonAccount, CloudError>, Never>] = [:]

    /// - Parameters:
    ///   - machineDirectory: what the firmware says, as in `/sys/class/dmi/id`
    ///   - exchange: sends a request
    package init(
        environment: [String: String],
        home: FilePath?,
        machineDirectory: FilePath = "/sys/class/dmi/id",
        now: @escaping @Sendable () -> Int64,
        exchange: @escaping CloudExchange
    ) {
        self.environment = environment
        self.home = home
        self.machineDirectory = machineDirectory
        self.now = now
        self.exchange = exchange
    }

    nonisolated var machine: CloudMachine { CloudMachine(in: machineDirectory) }

    /// The value of a variable that is set and not empty.
    nonisolated func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Who this is to Amazon, found out once for a region.
    func amazonAccount(region: String) async throws(CloudError) -> AmazonAccount {
        let finding =
            amazonAccounts[region]
            ?? Task { () async -> Result<AmazonAccount, CloudError> in
                do throws(CloudError) {
                    return .success(try await AmazonAccount.find(self, region: region))
                } catch {
                    return .failure(error)
                }
            }
        amazonAccounts[region] = finding
        return try await finding.value.get()
    }

    /// Sends a request, over the network once more where that helps, and gives the answer back whatever its status.
    nonisolated func send(_ request: CloudRequest) async throws(CloudError) -> HTTPResponse {
        let isOnMachine = request.reach == .machine
        let outgoing = HTTPRequest(
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body,
            bodyLimit: Self.bodyLimit
        )
        var tries = 0
        while true {
            tries += 1
            let obstacle: RetryPolicy.Obstacle?
            let result: Result<HTTPResponse, TransportError>
            do throws(TransportError) {
                let response = try await exchange(outgoing, isOnMachine)
                result = .success(response)
                obstacle = .status(response.status, retryAfter: RetryPolicy.retryAfter(response.headers))
            } catch {
                result = .failure(error)
                // What is near answers at once or is not there.
                obstacle = isOnMachine ? nil : error.obstacle
            }
            let wait = obstacle.flatMap {
                RetryPolicy.wait(after: $0, tries: tries, remaining: Self.patience, jitter: .random(in: 0..<1))
            }
            // Who is told to stop does not try again.
            if let wait, (try? await Task.sleep(for: wait)) != nil { continue }
            do throws(TransportError) {
                return try result.get()
            } catch {
                throw .unreachable(
                    service: request.service,
                    words: error.words,
                    toolMayReach: isOnMachine || error.isOfTrust
                )
            }
        }
    }

    /// The JSON of a successful answer.
    ///
    /// - Parameter code: finds a service's own word for a refusal, and what it says of it
    nonisolated func json(
        _ request: CloudRequest,
        refusal: (JSONValue) -> (code: String?, message: String?) = CloudSession.oauthRefusal
    ) async throws(CloudError) -> JSONValue {
        let response = try await send(request)
        let json = try? JSONValue(parsing: response.body)
        guard response.isSuccess else {
            let words = json.map(refusal)
            throw .refused(
                service: request.service,
                status: response.status,
                code: words?.code,
                message: Self.shown(words?.message ?? "")
            )
        }
        guard let json, json.object != nil else {
            throw .unexpectedAnswer(service: request.service, problem: "it is not JSON")
        }
        return json
    }

    /// https://www.rfc-editor.org/rfc/rfc6749#section-5.2, and Google's own form.
    static func oauthRefusal(_ json: JSONValue) -> (code: String?, message: String?) {
        if let error = json["error"], error.object != nil { return (error["status"]?.string, error["message"]?.string) }
        return (json["error"]?.string, json["error_description"]?.string)
    }

    /// One line of what a service said, and not too much of it.
    static func shown(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first ?? ""
        return PlainText.escaped(String(String.UnicodeScalarView(line.unicodeScalars.prefix(300))))
    }

    /// The text of a file that holds a secret, without white space at either end.
    nonisolated func secret(in file: FilePath) throws(CloudError) -> String {
        let text: String
        do {
            let data = try Data(contentsOf: URL(filePath: file.string))
            text = String(decoding: data, as: UTF8.self)
        } catch {
            throw .unusable(file: file.string, problem: "it cannot be read")
        }
        let rest = text.drop(while: \.isWhitespace)
        let trimmed = String(rest.reversed().drop(while: \.isWhitespace).reversed())
        guard !trimmed.isEmpty else { throw .unusable(file: file.string, problem: "it is empty") }
        return trimmed
    }

    /// The text of a file; nil if it is not there, or not for this user.
    nonisolated func text(of file: FilePath) -> String? {
        (try? Data(contentsOf: URL(filePath: file.string))).map { String(decoding: $0, as: UTF8.self) }
    }

    private static let bodyLimit = 1 << 20
    /// What a wait before another try may take.
    private static let patience = Duration.seconds(5)
}
