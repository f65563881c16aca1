import CLibrary
import SystemPackage

/// What a file descriptor is connected to.
enum Terminal {
    static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
        isatty(descriptor.rawValue) == 1
    }
}
