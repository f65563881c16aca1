/// The variables for the step.
package struct Exports: Equatable, Sendable {
    /// The default variable for the image: the docker plugin reads it.
    package static let defaultImageVariable = "BUILDKITE_PLUGIN_DOCKER_IMAGE"

    /// The names below ``PluginOptions/prefix`` that are exported, and thus are not options.
    package static let names: Set<String> = ["HIT", "OUTCOME", "KEY", "EXPORT_IMAGE", "EXPORT_TAG", "DIGEST"]

    /// The exported key. The plugin that this one succeeds took a user's key from this variable.
    package static let keyVariable = "\(PluginOptions.prefix)KEY"

    /// Whether an earlier use of the plugin in the same job has exported its variables. Another version may have
    /// exported different ones, but always these two together.
    package static func areSet(in environment: [String: String]) -> Bool {
        ["HIT", "OUTCOME"].allSatisfy { environment[PluginOptions.prefix + $0] != nil }
    }

    /// The image that an earlier use of the plugin left in the same variable, and that the step will not see; nil if
    /// there is none.
    package func replacedImage(in environment: [String: String]) -> String? {
        guard Self.areSet(in: environment), let (name, image) = variables.first, let earlier = environment[name],
            !earlier.isEmpty, earlier != image
        else { return nil }
        return earlier
    }

    /// Names and values, in the order of output.
    package let variables: [(name: String, value: String)]

    /// - Parameters:
    ///   - image: the whole reference, as the step uses it
    ///   - repository: `image` without its tag
    ///   - tag: the tag alone
    ///   - digest: `sha256:…`, empty if unknown
    package init(
        imageVariable: String,
        image: String,
        repository: String,
        tag: String,
        isHit: Bool,
        outcome: String,
        key: String,
        digest: String
    ) {
        let prefix = PluginOptions.prefix
        variables = [
            (imageVariable, image),
            ("\(prefix)HIT", isHit ? "true" : "false"),
            ("\(prefix)OUTCOME", outcome),
            ("\(prefix)KEY", key),
            ("\(prefix)EXPORT_IMAGE", repository),
            ("\(prefix)EXPORT_TAG", tag),
            ("\(prefix)DIGEST", digest),
        ]
    }

    /// Lines for a shell to evaluate: one command, which fails if any variable cannot be set.
    package var shellText: String {
        variables.map { "export \($0.name)=\(Self.quoted($0.value))" }.joined(separator: " &&\n") + "\n"
    }

    /// `value` in single quotes, so that a shell takes every character literally.
    package static func quoted(_ value: String) -> String {
        "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    package static func == (left: Exports, right: Exports) -> Bool {
        left.variables.elementsEqual(right.variables) { $0 == $1 }
    }
}
