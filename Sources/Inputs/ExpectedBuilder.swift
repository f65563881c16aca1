package import Docker
package import Fingerprint
package import Host
import Store
package import SystemPackage

/// The builder that a build on this machine will use, as far as it can be determined before the build.
///
/// The client's version decides how ignore files are read and whether BuildKit builds. Getting the version runs a
/// process the first time; the index remembers it until the executable changes.
package struct ExpectedBuilder: Equatable, Sendable {
    /// The major version of the client.
    package let clientMajor: Int
    package let builder: Builder

    package init(clientMajor: Int, builder: Builder) {
        self.clientMajor = clientMajor
        self.builder = builder
    }

    /// How ignore files are read.
    package var dialect: IgnoreDialect { IgnoreDialect(clientMajor: clientMajor, usesBuildKit: builder.isBuildKit) }

    /// Determines the builder. Nil if there is no docker: then nothing can be built, and the newest dialect is as good
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
