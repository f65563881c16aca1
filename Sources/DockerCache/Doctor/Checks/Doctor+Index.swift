import Docker
import FoundationEssentials
import Store
import SystemPackage

extension Doctor {
    /// The index, from its permissions to its disk. The permissions first: what is wrong with them may be all that is
    /// wrong with the file.
    var indexChecks: [DoctorCheck] {
        guard let path = indexPath else { return [DoctorCheck("index") { IndexFinding.nowhere }] }
        return [
            DoctorCheck("index permissions") {
                // A file that somebody named by mistake is not ours to judge, and far less to change.
                let files = Index.isShown(at: path) ? GuardedFile.ofIndex(at: path) : []
                return IndexFinding.permissions(files, user: GuardedFile.currentUser)
            },
            DoctorCheck("index") {
                IndexFinding.file(Self.condition(of: path), at: path, obstacle: Self.obstacle(to: path))
            },
            DoctorCheck("index file system") {
                do throws(Errno) {
                    return IndexFinding.fileSystem(try FileSystemState(of: path).kind)
                } catch {
                    return .skipped("\(path) cannot be looked at: \(error)")
                }
            },
            DoctorCheck("index disk") { Self.space(of: path, .index) },
        ]
    }

    private static func condition(of path: FilePath) -> Result<IndexCondition?, IndexError> {
        do throws(IndexError) {
            return .success(try Index.condition(at: path))
        } catch {
            return .failure(error)
        }
    }

    /// The directory that keeps an index from being made at `path`.
    private static func obstacle(to path: FilePath) -> FilePath? {
        let place = path.removingLastComponent()
        let directory = (place.isEmpty ? "." : place).nearestExisting
        return directory.isWritableDirectory ? nil : directory
    }

    /// What lies about of processes that were killed.
    var leftoversCheck: DoctorCheck {
        DoctorCheck("leftovers") {
            let oldest = surroundings.now() - LeftoversFinding.age
            return LeftoversFinding.judge(
                LeftoverContextLinks(environment: surroundings.environment, olderThan: oldest),
                locks: Self.locks(beside: indexPath, olderThan: oldest)
            )
        }
    }

    /// The lock files that have been there since before `oldest`, in milliseconds since 1970.
    private static func locks(beside index: FilePath?, olderThan oldest: Int64) -> [FilePath] {
        guard let directory = index?.removingLastComponent().appending(GuardedFile.lockDirectory) else { return [] }
        // Where there is no such directory there is no lock.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
        return names.sorted().filter { $0.hasSuffix(".lock") }.map { directory.appending($0) }.filter { path in
            // One that is gone by now has been let go of.
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: path.string),
                let changed = attributes[.modificationDate] as? Date
            else { return false }
            return Int64(changed.timeIntervalSince1970 * 1_000) < oldest
        }
    }
}
