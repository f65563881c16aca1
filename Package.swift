// swift-tools-version: 6.3

import PackageDescription

/// The rules every target of this package is compiled under.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// Linux only: the product reads /proc, and locks and watches files as Linux does.
let package = Package(
    name: "docker-cache",
    products: [
        .executable(name: "docker-cache", targets: ["DockerCache"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .target(name: "CLibrary", swiftSettings: strict),
        .target(name: "CNameService"),
        .target(name: "Formatting", swiftSettings: strict),
        .target(name: "Options", swiftSettings: strict),
        .target(name: "Files", dependencies: ["CLibrary", systemPackage], swiftSettings: strict),
        .target(
            name: "HTTP",
            dependencies: [
                "CLibrary", "Formatting", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL, crypto, logging,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "Store",
            dependencies: ["CLibrary", "CSQLite", "Files", "Formatting", crypto, systemPackage],
            resources: [.embedInCode("Migrations")],
            swiftSettings: strict
        ),
        .target(
            name: "Fingerprint",
            dependencies: ["CLibrary", "Formatting", "Store", crypto, systemPackage],
            swiftSettings: strict
        ),
        .target(name: "Statistics", dependencies: ["Formatting", "Store"], swiftSettings: strict),
        .target(name: "Images", dependencies: ["Formatting", crypto], swiftSettings: strict),
        .target(name: "Signatures", dependencies: ["Images", crypto], swiftSettings: strict),
        .target(
            name: "Registry",
            dependencies: ["Formatting", "HTTP", "Images", nioCore, nioHTTP1, logging, systemPackage],
            swiftSettings: strict
        ),
        .target(
            name: "Processes",
            dependencies: ["CLibrary", subprocess, systemPackage, logging],
            swiftSettings: strict
        ),
        .target(
            name: "Docker",
            dependencies: [
                "CLibrary", "Formatting", "Images", "Options", "Processes", subprocess, systemPackage, logging,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Buildkite",
            dependencies: ["Images", "Options", systemPackage, logging],
            swiftSettings: strict
        ),
        .target(
            name: "Providers",
            dependencies: [
                "CLibrary", "Formatting", "Images", "HTTP", "Options", "Processes", "Registry", "Docker", crypto,
                cryptoExtras, nioHTTP1, logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Host",
            dependencies: ["CLibrary", "Files", "Formatting", "Store", "Buildkite", logging, systemPackage],
            swiftSettings: strict
        ),
        .target(
            name: "PluginConfiguration",
            dependencies: [
                "Formatting", "Options", "Images", "Signatures", "Store", "Buildkite", "Processes", "Providers",
                "Docker", "Fingerprint", "Host", systemPackage,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Inputs",
            dependencies: [
                "CLibrary", "Formatting", "Options", "Images", "Store", "Docker", "Fingerprint", "HTTP", "Registry",
                "Providers", "Processes", "Buildkite", "Host", "PluginConfiguration", crypto, logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Lookup",
            dependencies: [
                "Files", "Formatting", "Options", "Images", "Signatures", "Store", "Statistics", "Docker",
                "Fingerprint", "Registry", "Providers", "Buildkite", "Host", "PluginConfiguration", "Inputs", logging,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Garbage",
            dependencies: [
                "Files", "CLibrary", "Formatting", "Images", "Store", "Docker", "Fingerprint", "Registry", "Providers",
                "Buildkite", "Host", "PluginConfiguration", logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Telemetry",
            dependencies: ["HTTP", nioHTTP1, systemPackage],
            swiftSettings: strict
        ),
        .target(
            name: "Doctor",
            dependencies: [
                "CLibrary", "Formatting", "Options", "Images", "Store", "Docker", "Fingerprint", "HTTP", "Registry",
                "Providers", "Buildkite", "Host", "PluginConfiguration", "Inputs", "Garbage", "Telemetry", logging,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "DockerCache",
            dependencies: [
                "Files", "CLibrary", "Formatting", "Options", "Images", "Signatures", "Store", "Statistics",
                "Fingerprint", "HTTP", "Registry", "Processes", "Docker", "Buildkite", "Providers", "Host",
                "PluginConfiguration", "Inputs", "Lookup", "Garbage", "Doctor", "Telemetry", "CNameService",
                argumentParser, logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "RegistryBenchmark",
            dependencies: ["Registry", "Images", logging],
            path: "Benchmarks/Registry",
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: ["CLibrary", logging, systemPackage],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["CLibrary", "Store", "TestSupport", systemPackage],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StatisticsTests",
            dependencies: ["Formatting", "Statistics", "Store", "TestSupport", systemPackage],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FingerprintTests",
            dependencies: ["CLibrary", "Fingerprint", "Store", "TestSupport", systemPackage],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProofTests",
            dependencies: ["CLibrary", "TestSupport", systemPackage],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DockerTests",
            dependencies: ["CLibrary", "Docker", "Images", "Processes", "TestSupport", systemPackage, logging],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProcessesTests",
            dependencies: ["CLibrary", "Processes", "TestSupport", systemPackage],
            swiftSettings: strict
        ),
        .testTarget(name: "ImagesTests", dependencies: ["Images"], swiftSettings: strict),
        .testTarget(name: "SignaturesTests", dependencies: ["Signatures", "Images"], swiftSettings: strict),
        .testTarget(
            name: "RegistryTests",
            dependencies: [
                "CLibrary", "HTTP", "Registry", "Images", "TestSupport", asyncHTTPClient, crypto, logging, nioCore,
                nioPosix,
                nioHTTP1,
                nioSSL,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BuildkiteTests",
            dependencies: ["Buildkite", "Options", "TestSupport", systemPackage],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProvidersTests",
            dependencies: [
                "Providers", "HTTP", "Registry", "Images", "Docker", "Options", "TestSupport", crypto, cryptoExtras,
                nioHTTP1, logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "FormattingTests", dependencies: ["Formatting"], swiftSettings: strict),
        .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport", systemPackage], swiftSettings: strict),
        .testTarget(
            name: "PluginConfigurationTests",
            dependencies: [
                "PluginConfiguration", "Buildkite", "Docker", "Host", "Images", "Signatures", "Options", "Providers",
                "TestSupport", logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "InputsTests",
            dependencies: [
                "Inputs", "Docker", "Fingerprint", "Host", "HTTP", "Images", "Store", "TestSupport", logging,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LookupTests",
            dependencies: [
                "Files", "Lookup", "Buildkite", "Docker", "Fingerprint", "Formatting", "Host", "Images", "Signatures",
                "Inputs", "Options", "PluginConfiguration", "Providers", "Registry", "Store", "TestSupport", logging,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "GarbageTests",
            dependencies: [
                "Garbage", "Buildkite", "Docker", "Images", "Options", "PluginConfiguration", "Store", "TestSupport",
                logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DoctorTests",
            dependencies: [
                "Files", "Doctor", "Buildkite", "Docker", "Garbage", "Host", "Images", "Options", "PluginConfiguration",
                "Providers", "Registry", "Store", "TestSupport", systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", "HTTP", "TestSupport", nioHTTP1, systemPackage],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DockerCacheTests",
            dependencies: [
                "DockerCache", "Formatting", "Options", "Images", "Store", "Statistics", "Fingerprint", "Docker",
                "Registry", "Buildkite", "Providers", "Host", "PluginConfiguration", "Inputs", "Lookup", "Garbage",
                "Doctor", "Telemetry", "TestSupport", logging, systemPackage, argumentParser,
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Help", "Plugins"],
            swiftSettings: strict
        ),
    ]
)
