import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Logging
import PluginConfiguration
import Store

/// What the image of a lookup is called in the daemon: see ``LocalImageName``.
extension Lookup {
    /// The name by which the step gets the image that the index promises: it has one, or is given one of its own. Nil
    /// if the image is gone by now.
    ///
    /// It never gets the shared name back: by now that may be a newer image's, which another step is about to run.
    func nameOfPromised(_ image: ImageDetails, _ key: Key, _ place: CachePlace) async throws -> ImageReference? {
        let shared = try place.localImage(key)
        if image.isNamed(shared) { return shared }
        let own = try LocalImageName.own(shared, id: image.id)
        if image.isNamed(own) { return own }
        do {
            try await daemon.tag(image.id, as: own)
        } catch DockerError.failed {
            return nil
        }
        surroundings.output.line("\(shared) is not the image that this index knows, which is \(own) from now on.")
        return own
    }

    /// Gives an image that was built or pulled just now the shared name, or one of its own where another image keeps
    /// that.
    ///
    /// - Parameters:
    ///   - known: the id of the image that the index promised until now
    ///   - isSaved: whether it is what its key stands for
    ///   - temporary: the name that it was built under. One that no index will know keeps that, and gc soon removes it
    func name(
        _ image: ImageDetails,
        _ key: Key,
        _ place: CachePlace,
        known: String?,
        isSaved: Bool,
        temporary: ImageReference? = nil
    ) async throws -> ImageReference {
        let shared = try place.localImage(key)
        if image.isNamed(shared) { return shared }
        var own = try LocalImageName.own(shared, id: image.id)
        if image.isNamed(own) { return own }
        if !isSaved, let temporary { own = temporary }
        let holder = try await daemon.inspectImage(shared.description)
        // A step of a trusted build may be about to run what has the name.
        let mayReplace = !cache.isIsolated || place.isUntrusted
        let name =
            LookupDecision.takesSharedName(
                image,
                from: holder,
                known: known,
                image: cache.image,
                key: key,
                isSaved: isSaved && mayReplace
            ) ? shared : own
        if name != temporary { try await daemon.tag(image.id, as: name) }
        if name == own {
            surroundings.output.line(
                "\(shared) is another image of the same key and keeps its name. This one is \(own)."
            )
        }
        return name
    }

    /// What was built under a temporary name. Nil, with a warning, where the daemon does not say. Throws
    /// ``VanishedImage`` where it is gone.
    func lookAtBuilt(_ temporary: ImageReference) async throws -> ImageDetails? {
        do {
            guard let image = try await daemon.inspectImage(temporary.description) else { throw VanishedImage() }
            return image
        } catch let error as DockerError {
            try noteSilence(error, "The image is used for this step as \(temporary), and not saved.")
            return nil
        }
    }

    /// Gives an image that was built under a temporary name the one that it keeps, as
    /// ``name(_:_:_:known:isSaved:temporary:)`` does. Returns what the step calls it. Throws ``VanishedImage`` where it
    /// is gone.
    func rename(
        _ image: ImageDetails,
        _ temporary: ImageReference,
        _ key: Key,
        known: String?,
        isSaved: Bool
    ) async throws -> ImageReference {
        let name: ImageReference
        do {
            name = try await self.name(image, key, cache.place, known: known, isSaved: isSaved, temporary: temporary)
        } catch let error as DockerError {
            try noteSilence(error, "The image is used for this step as \(temporary).")
            _ = try await lookAtBuilt(temporary)
            return temporary
        }
        guard name != temporary else { return temporary }
        do {
            // A gc that took the other name away meanwhile has removed the image with this one.
            if try await daemon.removeName(temporary.description) == .removed(deleted: true) { throw VanishedImage() }
        } catch let error as DockerError {
            try noteSilence(error, "\(temporary) stays until gc removes it.")
        }
        return name
    }

    /// What speaks against asking the daemon any further, said as a warning. Throws what ends the lookup: a daemon that
    /// is not there, the job that is cancelled, and with `on-error: fail` all else.
    func noteSilence(_ error: DockerError, _ consequence: String) throws {
        try rethrowIfFatal(error)
        surroundings.log.warning("\(error) \(consequence)")
    }
}

/// Someone removed an image that was built just now.
struct VanishedImage: Error {}

extension LookupDecision {
    /// Whether an image that was built or pulled just now takes the shared name of its key.
    ///
    /// The name stays with the newest image that is what the key stands for, whichever index knows it: an older one
    /// under it could be what a step runs that had it built again. Two indexes on one daemon know different images.
    ///
    /// - Parameters:
    ///   - holder: what has the name; nil if nothing has
    ///   - known: the id of the image that the index promised until now, and that this one stands in for
    static func takesSharedName(
        _ new: some ImageDescription,
        from holder: ImageDetails?,
        known: String?,
        image: RepositoryName,
        key: Key,
        isSaved: Bool
    ) -> Bool {
        guard let holder else { return true }
        // A step may be about to run what has the name.
        guard isSaved else { return false }
        guard holder.labels[ImageAge.keyLabel] == key.description,
            holder.labels[ImageAge.imageLabel] == image.description
        else { return true }
        if holder.id == known { return true }
        guard let built = ImageAge.builtAt(new), let other = ImageAge.builtAt(holder) else { return false }
        return built > other
    }
}

extension ImageDetails {
    fileprivate func isNamed(_ name: ImageReference) -> Bool {
        names.contains(LocalImageName.listed(name.description))
    }
}
