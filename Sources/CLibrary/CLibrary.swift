/// The C library, under one name for all modules: glibc's or musl's. The product runs on Linux only.
#if canImport(Musl)
    @_exported public import Musl
#else
    @_exported public import Glibc
#endif
