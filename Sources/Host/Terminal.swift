import CLibrary
package import SystemPackage

/// What a file descriptor is connected to.
package enum Terminal {
    package static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
        isatty(descriptor.rawValue) == 1
    }
}
