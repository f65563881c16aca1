import Garbage
import Host
import Store
import SystemPackage

extension Doctor {
    /// The checks of the index, from its permissions to its disk. Permissions come first: they may be the only problem
    /// of the file.
    var indexChecks: [DoctorCheck] {
        guard let path = indexPath else { return [DoctorCheck(.index) { IndexFinding.nowhere }] }
        let place = Index.location(of: path)
        return [
            DoctorCheck(.indexPermissions) {
                // A file that was named by mistake is not ours to judge, and even less to change.
                let files = GuardedFile.ofIndex(at: place)
                guard files.isEmpty || Index.isShown(at: path) else { return .skipped("the file is not an index") }
                return IndexFinding.permissions(files, user: GuardedFile.currentUser)
            },
            DoctorCheck(.index) {
                IndexFinding.file(
                    Self.condition(of: path),
                    at: path,
                    obstacle: Self.obstacle(to: place),
                    now: surroundings.now()
                )
            },
            DoctorCheck(.indexFileSystem) {
                do throws(Errno) {
                    return IndexFinding.fileSystem(try FileSystemState(of: place).kind)
                } catch {
                    return .skipped("\(path) cannot be looked at: \(error)")
                }
            },
            DoctorCheck(.indexDisk) { Self.space(of: place, .index) },
        ]
    }

    private static func condition(of path: FilePath) -> Result<IndexCondition?, IndexError> {
        do throws(IndexError) {
            return .success(try Index.condition(at: path))
        } catch {
            return .failure(error)
        }
    }

    /// The directory that prevents an index from being created at `path`; nil if there is none.
    private static func obstacle(to path: FilePath) -> FilePath? {
        let place = path.removingLastComponent()
        let directory = (place.isEmpty ? "." : place).nearestExisting
        return directory.isWritableDirectory ? nil : directory
    }

    /// Checks for what killed processes have left.
    var leftoversCheck: DoctorCheck {
        DoctorCheck(.leftovers) {
            guard let indexPath else { return .skipped("there is no place for an index") }
            let files = LeftoverFile.all(
                index: indexPath,
                environment: surroundings.environment,
                user: GuardedFile.currentUser,
                now: surroundings.now()
            )
            return LeftoversFinding.judge(files)
        }
    }
}
