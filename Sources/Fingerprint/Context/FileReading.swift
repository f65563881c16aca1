import SystemPackage

/// Reads small files as a whole.
enum FileReading {
    private static let chunkSize = 64 * 1024

    /// The bytes of the file at `path`; nil if there is none. A directory of that name is none: Docker goes on without
    /// it.
    static func contentIfPresent(_ path: FilePath) throws(ContextError) -> [UInt8]? {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try descriptor.closeAfter { try content(of: descriptor) }
        } catch let error as Errno where [.noSuchFileOrDirectory, .notDirectory, .isDirectory].contains(error) {
            return nil
        } catch {
            throw .unreadable(path: path, reason: error as? Errno ?? .ioError)
        }
    }

    private static func content(of descriptor: FileDescriptor) throws -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            if count == 0 {
                return content
            }
            content += chunk.prefix(count)
        }
    }
}
