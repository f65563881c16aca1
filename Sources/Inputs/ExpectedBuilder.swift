package import Docker
package import Fingerprint
package import Host
import Store
package import SystemPackage

/// What a build on this machine will be built by, as far as it can be told before the build.
///
/// The client's version decides how it reads ignore files, and whether it builds with BuildKit. The version costs a
/// process the first time; the index remembers it for as long as the executable is the same.
package struct ExpectedBuilder: Equatable, Sendable {
    /// The first number of the client's version.
    package let clientMajor: Int
    package let builder: Builder

    package init(clientMajor: Int, builder: Builder) {
        self.clientMajor = clientMajor
        self.builder = builder
    }

    /// How it reads ignore files.
    package var dialect: IgnoreDialect { IgnoreDialect(clientMajor: clientMajor, usesBuildKit: builder.isBuildKit) }

    /// Finds out. Nil where there is no docker: then nothing can be built, and the newest way to read things is as good
    /// as any.
    ///
    /// - Parameter home: the user's home directory
    package static func find(
        _ docker: () throws -> DockerClient,
        index: LookupIndex,
        home: FilePath?
    ) async throws -> ExpectedBuilder? {
        let client: DockerClient
        do {
            client = try docker()
        } catch DockerError.clientMissing {
            return nil
        }
        let major = try await clientMajor(client, index)
        return ExpectedBuilder(clientMajor: major, builder: client.expectedBuilder(clientMajor: major, home: home))
    }

    private static func clientMajor(_ client: DockerClient, _ index: LookupIndex) async throws -> Int {
        guard let executable = client.executableIdentity else { return try await client.clientMajor() }
        let path = executable.path.pathBytes
        let known = index.attempt { try $0.executables.find(path: path, state: executable.state) } ?? nil
        if let known, let major = Int(known) { return major }
        let major = try await client.clientMajor()
        index.attempt { try $0.executables.save(path: path, state: executable.state, facts: "\(major)") }
        return major
    }
}
