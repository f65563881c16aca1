/// The frontend with which BuildKit reads a Dockerfile.
package enum FrontEnd: Equatable, Sendable {
    /// Docker's own, in any version. It takes from a context what the Dockerfile copies, and no file that the ignore
    /// file excludes.
    case docker
    /// Another image, by its name or a description. It may read everything in the directories that BuildKit receives.
    case other(String)

    /// Determines the frontend. If versions of BuildKit read the beginning of a file differently, it is not Docker's
    /// own.
    ///
    /// - Parameter arguments: as passed to the builder; `BUILDKIT_SYNTAX` overrides the file
    package init(of dockerfile: [UInt8], arguments: [BuildArgument]) {
        guard let named = Self.argument(arguments) else {
            self = Self.named(DockerfileText.body(of: dockerfile))
            return
        }
        self = named == Self.builtIn ? .docker : Self.named(Array("# syntax=\(named)\n".utf8)[...])
    }

    /// Returns the name of the frontend's image; nil for the one built into BuildKit. The result is not an image name
    /// if versions of BuildKit read the beginning of the file differently.
    ///
    /// - Parameter arguments: as for ``init(of:arguments:)``
    package static func image(of dockerfile: [UInt8], arguments: [BuildArgument]) -> String? {
        if let named = argument(arguments) { return named == builtIn ? nil : named }
        let body = DockerfileText.body(of: dockerfile)
        if case .other(let text) = named(body) { return text }
        return (try? DockerfileDirectives(lines: comments(on: body)))?.syntax.map(DockerfileText.string)
    }

    private static func argument(_ arguments: [BuildArgument]) -> String? {
        arguments.first { $0.name == "BUILDKIT_SYNTAX" }?.value
    }

    /// Returns the lines at the top that begin with a hash sign.
    private static func comments(on content: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        content.split(separator: 0x0A, omittingEmptySubsequences: false)
            .prefix { DockerfileText.trimmed($0).first == DockerfileText.hash }
            .map { $0 }
    }

    /// The name of the frontend that is built into BuildKit.
    private static let builtIn = "dockerfile.v0"

    private static func named(_ content: ArraySlice<UInt8>) -> FrontEnd {
        let top = comments(on: content)
        // BuildKit also looks for `// syntax=` and for a JSON object, even after a `#!` line.
        let isShebang = content.starts(with: Array("#!".utf8))
        let rest = DockerfileText.trimmed(isShebang ? content.drop { $0 != 0x0A } : content)
        if rest.starts(with: Array("//".utf8)) || rest.first == UInt8(ascii: "{") {
            return .other("in another notation than Docker's")
        }
        let word = Array("syntax".utf8)
        do throws(DockerfileError) {
            let directives = try DockerfileDirectives(lines: top)
            return directives.usesDockerFrontend ? .docker : .other(DockerfileText.string(directives.syntax ?? []))
        } catch {
            let names = top.contains { line in
                DockerfileText.lowercased(DockerfileText.trimmed(line.dropFirst())).starts(with: word)
            }
            return names ? .other("that depends on the version of BuildKit") : .docker
        }
    }
}
