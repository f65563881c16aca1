import Formatting
import FoundationEssentials
import HTTP
import Images
import NIOHTTP1
package import SystemPackage

/// The environment for requests to the clouds' APIs: this machine's credentials and the way to send a request.
///
/// Results, including failures, are kept for the rest of the run.
package actor CloudSession {
    nonisolated let environment: [String: String]
    nonisolated let home: FilePath?
    /// The current time, in milliseconds since 1970.
    nonisolated let now: @Sendable () -> Int64
    private nonisolated let machineDirectory: FilePath
    private nonisolated let exchange: CloudExchange
    /// Accounts by region.
    private var amazonAccounts: [String: Task<Result<AmazonAccount, CloudError>, Never>] = [:]

    /// - Parameters:
    ///   - machineDirectory: the directory of the firmware's data, such as `/sys/class/dmi/id`
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

    /// The value of a variable; nil if it is unset or empty.
    nonisolated func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The AWS account for a region. It is looked up once.
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

    /// Sends a request, with retries over the network if they may help, and returns the response with any status.
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
                // A service on this machine answers at once or does not exist.
                obstacle = isOnMachine ? nil : error.obstacle
            }
            let wait = obstacle.flatMap {
                RetryPolicy.wait(after: $0, tries: tries, remaining: Self.patience, jitter: .random(in: 0..<1))
            }
            // A cancelled task does not retry.
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
    /// - Parameter refusal: extracts a service's error code and message from a refusal
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

    /// Extracts code and message from an OAuth error (https://www.rfc-editor.org/rfc/rfc6749#section-5.2), or from
    /// Google's own form.
    static func oauthRefusal(_ json: JSONValue) -> (code: String?, message: String?) {
        if let error = json["error"], error.object != nil { return (error["status"]?.string, error["message"]?.string) }
        return (json["error"]?.string, json["error_description"]?.string)
    }

    /// The first line of a service's message, at most 300 characters.
    static func shown(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first ?? ""
        return PlainText.escaped(String(String.UnicodeScalarView(line.unicodeScalars.prefix(300))))
    }

    /// The content of a file that holds a secret, without white space at either end.
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

    /// The content of a file; nil if it does not exist or is not readable.
    nonisolated func text(of file: FilePath) -> String? {
        (try? Data(contentsOf: URL(filePath: file.string))).map { String(decoding: $0, as: UTF8.self) }
    }

    private static let bodyLimit = 1 << 20
    /// The upper limit of a wait before a retry.
    private static let patience = Duration.seconds(5)
}
