import CLibrary
import Synchronization
import SystemPackage

/// An open directory, which closes when its last reference is released.
///
/// Every entry of a context is opened by name relative to its open directory. So paths have no maximum length, and
/// replacing a parent with a link cannot redirect the walk.
final class OpenDirectory: Sendable {
    let descriptor: CInt

    private static let openCount = Atomic<Int>(0)

    /// Whether few enough directories are open that those with unvisited children may stay open: the usual limit is
    /// 1024 files.
    static var isAmple: Bool { openCount.load(ordering: .relaxed) < 400 }

    private init(_ descriptor: CInt) {
        self.descriptor = descriptor
        Self.openCount.add(1, ordering: .relaxed)
    }

    deinit {
        close(descriptor)
        Self.openCount.subtract(1, ordering: .relaxed)
    }

    /// Opens the root of a context, which may be a link.
    convenience init(root: FilePath) throws(Errno) {
        let descriptor = root.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw Errno(rawValue: errno)
        }
        self.init(descriptor)
    }

    /// Opens the directory `name` in this one. Fails for a link.
    func directory(_ name: UnsafePointer<CChar>) throws(Errno) -> OpenDirectory {
        let opened = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else {
            throw Errno(rawValue: errno)
        }
        return OpenDirectory(opened)
    }

    /// Opens the directory at `path` below this one. The path may be longer than `PATH_MAX`.
    ///
    /// Links on the way are followed, so the caller must check that it got the intended directory.
    func descend(to path: [UInt8]) throws(Errno) -> OpenDirectory {
        var current = self
        var rest = path[...]
        while !rest.isEmpty {
            var step = rest.prefix(Self.longestStep)
            if step.count < rest.count, let slash = step.lastIndex(of: UInt8(ascii: "/")) {
                step = step[..<slash]
            }
            rest = rest[step.endIndex...].drop { $0 == UInt8(ascii: "/") }
            let name = step.map(CChar.init(bitPattern:)) + [0]
            let directory = current
            current = try name.span.withUnsafeBufferPointer { name throws(Errno) in
                guard let name = name.baseAddress else {
                    throw Errno.invalidArgument
                }
                return try directory.directory(name)
            }
        }
        return current
    }

    /// The maximum number of bytes per step: less than `PATH_MAX`, more than any name.
    private static let longestStep = 4000

    /// Returns the state of the directory itself.
    func state() throws(Errno) -> FileState {
        try FileState(of: descriptor)
    }

    /// Returns the state of the entry `name`. A link is not followed.
    func state(of name: UnsafePointer<CChar>) throws(Errno) -> FileState {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw Errno(rawValue: errno)
        }
        return FileState(status)
    }

    /// Returns the target of the link `name`.
    func target(of name: UnsafePointer<CChar>, size: Int) throws(Errno) -> [UInt8] {
        var capacity = max(size, 255) + 1
        while true {
            var failure: Errno?
            let target = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                let length = buffer.withMemoryRebound(to: CChar.self) { characters in
                    characters.baseAddress.map { readlinkat(descriptor, name, $0, capacity) } ?? 0
                }
                failure = length < 0 ? Errno(rawValue: errno) : nil
                count = max(length, 0)
            }
            if let failure {
                throw failure
            }
            if target.count < capacity {
                return target
            }
            capacity *= 2
        }
    }

    /// Whether there is a directory at `path`. If in doubt, true.
    func holdsDirectory(at path: [UInt8]) -> Bool {
        let name = path.map(CChar.init(bitPattern:)) + [0]
        return name.span.withUnsafeBufferPointer { name in
            guard let name = name.baseAddress else {
                return true
            }
            do throws(Errno) {
                return try state(of: name).type == .directory
            } catch {
                return error != .noSuchFileOrDirectory && error != .notDirectory
            }
        }
    }
}
