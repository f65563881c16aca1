import CLibrary
import Dispatch
import Images
import SystemPackage

/// How a request reaches the daemon.
///
/// The docker command takes 30 ms to start, and the daemon 2 to 8 ms to answer. So if docker would only connect to a
/// socket on this machine, this code connects to it directly.
enum EngineConnection: Equatable {
    /// The daemon's socket.
    case socket(FilePath)
    /// Only docker can reach the daemon: TLS, ssh, a context that cannot be read, or a script in docker's place. Or
    /// docker would send the daemon more than this code does.
    case command

    /// - Parameters:
    ///   - isScript: whether `docker` is a script, which may do anything before it runs docker
    ///   - address: the address of docker's daemon, see ``DaemonLocation``; nil if it is unknown
    ///   - environment: docker's
    ///   - configuration: docker's; nil if it cannot be read, which docker itself reports
    init(isScript: Bool, address: String?, environment: [String: String], configuration: DockerConfiguration?) {
        let scheme = "unix://"
        guard !isScript, let address, address.hasPrefix(scheme + "/"),
            let configuration, !configuration.addsHeaders,
            // The headers of newer clients, and an API version that the user requires.
            ["DOCKER_CUSTOM_HEADERS", "DOCKER_API_VERSION"].allSatisfy({ (environment[$0] ?? "").isEmpty })
        else {
            self = .command
            return
        }
        self = .socket(FilePath(String(address.dropFirst(scheme.count))))
    }

    /// Determines the connection from the docker executable and its configuration.
    init(docker: FilePath, environment: [String: String], home: FilePath?) {
        let address = try? DaemonLocation.address(environment: environment, home: home).get()
        let directory = DockerConfiguration.directory(environment: environment, home: home)
        self.init(
            isScript: Self.isScript(docker),
            address: address,
            environment: environment,
            configuration: directory.map { try? DockerConfiguration(in: $0) } ?? DockerConfiguration()
        )
    }

    /// Whether the file is not an ELF executable, or cannot be read.
    private static func isScript(_ file: FilePath) -> Bool {
        let magic: [UInt8] = [0x7F] + Array("ELF".utf8)
        guard let descriptor = try? FileDescriptor.open(file, .readOnly, options: .closeOnExec) else { return true }
        defer { try? descriptor.close() }
        var beginning = [UInt8](repeating: 0, count: magic.count)
        let count = try? beginning.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        return count != magic.count || beginning != magic
    }
}

/// A Unix socket on which a daemon listens, for one request and its answer.
struct EngineSocket: Sendable {
    let path: FilePath

    /// The daemon's whole answer.
    struct Answer: Equatable {
        var status: Int
        /// Without the last line break.
        var body: [UInt8]
    }

    /// Sends the request. Nil if nothing accepts it there, or if the response is not a complete answer of a daemon.
    ///
    /// Cancelling the task closes the connection and gives nil.
    func ask(_ request: EngineRequest) async -> Answer? {
        await send(request) { Self.answer(over: $0) } ?? nil
    }

    /// Sends the request and passes the response to `take` as it arrives, until `take` returns false or the response
    /// ends. Returns false if nothing accepts the request there.
    ///
    /// Cancelling the task closes the connection, which tells the daemon that its client no longer waits.
    func follow(_ request: EngineRequest, _ take: @escaping @Sendable ([UInt8]) -> Bool) async -> Bool {
        await send(request) { socket in
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while let count = try? buffer.withUnsafeMutableBytes({ try socket.read(into: $0) }), count > 0 {
                guard take(Array(buffer[..<count])) else { break }
            }
            return true
        } ?? false
    }

    /// Nil if nothing accepts the request there.
    private func send<Result: Sendable>(
        _ request: EngineRequest,
        _ read: @escaping @Sendable (FileDescriptor) -> Result
    ) async -> Result? {
        guard let socket = connected() else { return nil }
        defer { try? socket.close() }
        return await withTaskCancellationHandler {
            // A thread that blocks must not be one of those that run tasks.
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    let isSent = (try? socket.writeAll(request.bytes)) != nil
                    continuation.resume(returning: isSent ? read(socket) : nil)
                }
            }
        } onCancel: {
            _ = shutdown(socket.rawValue, CInt(SHUT_RDWR))
        }
    }

    /// How long to wait for a daemon with too many connections, in seconds. docker may wait longer.
    private static let patience = 5

    private func connected() -> FileDescriptor? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.string.utf8)
        let isShort = withUnsafeMutableBytes(of: &address.sun_path) { room in
            room.copyBytes(from: name.prefix(room.count - 1))
            return name.count < room.count
        }
        guard isShort else { return nil }
        let number = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(number, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let descriptor = FileDescriptor(rawValue: number)
        guard status == 0 else {
            try? descriptor.close()
            return nil
        }
        return descriptor
    }

    /// The maximum size of an answer, in bytes.
    private static let limit = 4 << 20

    private static func answer(over socket: FileDescriptor) -> Answer? {
        var answer = EngineAnswer()
        var lines: [[UInt8]] = []
        var left = limit
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        do {
            while !answer.isComplete {
                let count = try buffer.withUnsafeMutableBytes { try socket.read(into: $0) }
                left -= count
                guard left > 0 else { return nil }
                guard count > 0 else {
                    guard answer.endsWithConnection else { return nil }
                    if let line = answer.end() { lines.append(line) }
                    break
                }
                lines += try answer.read(Array(buffer[..<count]))
            }
        } catch {
            return nil
        }
        return answer.status.map { Answer(status: $0, body: Array(lines.joined(separator: [UInt8(ascii: "\n")]))) }
    }
}
