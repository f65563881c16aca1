/// What carried out a build, and what that leaves in it.
package struct UsedBuilder: Equatable, Sendable {
    package let capabilities: BuilderCapabilities
    /// The buildx builder that was chosen for it; nil for none.
    package let name: String?

    package init(capabilities: BuilderCapabilities, name: String?) {
        self.capabilities = capabilities
        self.name = name
    }

    /// Whether it keeps the context, and what it keeps can be removed while others build. Daemons before version 23
    /// were seen to crash over that.
    package var leavesContexts: Bool { capabilities.builder.isBuildKit && capabilities.serverMajor >= 23 }
}
