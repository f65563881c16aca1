import CLibrary
import Fingerprint
import SystemPackage
import Testing

/// A way to build with the docker command on `PATH` and the environment's daemon.
struct RealBuilder: Sendable, CustomTestStringConvertible {
    let client: String
    let clientMajor: Int
    let usesBuildKit: Bool

    var dialect: IgnoreDialect { IgnoreDialect(clientMajor: clientMajor, usesBuildKit: usesBuildKit) }

    var testDescription: String { "\(client) \(clientMajor), \(usesBuildKit ? "BuildKit" : "legacy builder")" }

    /// Every way to build with the kind of Docker under test: see `script/lib/docker-kinds.sh`.
    static let all: [RealBuilder] = {
        let client = "docker"
        guard let major = major(client) else { return [] }
        let kind = getenv("DOCKER_CACHE_TEST_DOCKER_KIND").map { String(cString: $0) } ?? ""
        let hasBuildKit = major < 23 || run("\(client) buildx version >/dev/null 2>&1") == 0
        // The legacy builder reads ignore files in its own ways, which changed with client 23.
        return [true, false].filter { usesBuildKit in
            switch kind {
            case "20.10-legacy": !usesBuildKit
            case "28.5", "": usesBuildKit ? hasBuildKit : true
            default: usesBuildKit && hasBuildKit
            }
        }.map { RealBuilder(client: client, clientMajor: major, usesBuildKit: $0) }
    }()

    /// BuildKit, if there is a client that builds with it.
    static let buildKit = all.first(where: \.usesBuildKit)

    /// The client's major version; nil if there is no client or no daemon answers.
    private static func major(_ client: String) -> Int? {
        guard
            let output = popen("\(client) version --format '{{.Client.Version}} {{.Server.Version}}' 2>/dev/null", "r")
        else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = fread(&bytes, 1, bytes.count, output)
        guard pclose(output) == 0 else {
            return nil
        }
        return Int(String(decoding: bytes[..<count], as: UTF8.self).prefix { $0.isNumber })
    }

    /// A name for a context that BuildKit has not seen before. Under a known name, only files that look different are
    /// sent.
    static func freshName() -> String { "context-\(UInt64.random(in: .min ... .max))" }

    /// Has Docker copy the context, and unpacks the copy as `ctx` in `directory`.
    /// - Parameter dockerfile: a path in the context. The legacy client writes a random line into `.dockerignore` if
    ///   the Dockerfile is outside.
    func copy(_ context: FilePath, dockerfile: String, to directory: FilePath) throws {
        let tag = "docker-cache-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let link = directory.appending(Self.freshName())
        let script = """
            set -eu
            cd '\(directory)'
            ln -s '\(context)' '\(link)'
            export DOCKER_BUILDKIT=\(usesBuildKit ? 1 : 0)
            \(client) build -q --no-cache -f '\(link)/\(dockerfile)' -t \(tag) '\(link)' >log 2>&1 ||
                { cat log; exit 1; }
            container=$(\(client) create \(tag) none)
            mkdir -p ctx
            \(client) export "$container" | tar -xp ctx
            \(client) rm "$container" >/dev/null
            \(client) rmi \(tag) >/dev/null
            """
        guard Self.run(script) == 0 else {
            throw Errno.ioError
        }
    }

    static func run(_ script: String) -> CInt { system(script) }
}
