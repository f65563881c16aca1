package import Docker
import Options

/// The builder said no. Its status is ours, and its own output says why.
package struct BuildFailure: ErrorWithExitStatus, CustomStringConvertible {
    package let status: Int32
    /// What it leaves in the builder.
    package let build: UsedBuilder

    package var exitStatus: Int32 { status }

    package var description: String {
        "The build failed with status \(status); the builder's output above says why. Nothing was saved."
    }
}
