// Made by micro-codegen 0.1 from micro/debug/v1/debug.proto. Do not edit.

#[allow(
    dead_code,
    deprecated,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    unused_imports,
    unused_qualifications,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    rustdoc::bare_urls,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags
)]
mod generated_by_micro {
    ::micro::__private::codegen_version!("0.1");
    static POOL: ::micro::__private::Pool = ::micro::__private::Pool::new(
        b"\n\x86\"\n\x1Amicro/debug/v1/debug.proto\x12\x0Emicro.debug.v1\x1A\x1Egoogle/protobuf/duration.proto\x1A\x1Fgoogle/protobuf/timestamp.proto\"\x0F\n\rHealthRequest\"o\n\x0EHealthResponse\x12.\n\x06status\x18\x01 \x01(\x0E2\x16.micro.debug.v1.StatusR\x06status\x12-\n\x06checks\x18\x02 \x03(\x0B2\x15.micro.debug.v1.CheckR\x06checks\"\xCA\x01\n\x05Check\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12.\n\x06status\x18\x02 \x01(\x0E2\x16.micro.debug.v1.StatusR\x06status\x12\x18\n\x07message\x18\x03 \x01(\tR\x07message\x12-\n\x04took\x18\x04 \x01(\x0B2\x19.google.protobuf.DurationR\x04took\x124\n\x07checked\x18\x05 \x01(\x0B2\x1A.google.protobuf.TimestampR\x07checked\"\x0E\n\x0CStatsRequest\"\x9D\x03\n\rStatsResponse\x124\n\x07started\x18\x01 \x01(\x0B2\x1A.google.protobuf.TimestampR\x07started\x121\n\x06uptime\x18\x02 \x01(\x0B2\x19.google.protobuf.DurationR\x06uptime\x12*\n\x0Eresident_bytes\x18\x03 \x01(\x04H\0R\rresidentBytes\x88\x01\x01\x12\x14\n\x05tasks\x18\x04 \x01(\x04R\x05tasks\x12-\n\x05total\x18\x05 \x01(\x0B2\x17.micro.debug.v1.TrafficR\x05total\x12;\n\tendpoints\x18\x06 \x03(\x0B2\x1D.micro.debug.v1.EndpointStatsR\tendpoints\x12A\n\x0Bsubscribers\x18\x07 \x03(\x0B2\x1F.micro.debug.v1.SubscriberStatsR\x0Bsubscribers\x12\x1F\n\x0Blog_dropped\x18\x08 \x01(\x04R\nlogDroppedB\x11\n\x0F_resident_bytes\"V\n\rEndpointStats\x12\x12\n\x04path\x18\x01 \x01(\tR\x04path\x121\n\x07traffic\x18\x02 \x01(\x0B2\x17.micro.debug.v1.TrafficR\x07traffic\"\x9A\x01\n\x0FSubscriberStats\x12\x12\n\x04path\x18\x01 \x01(\tR\x04path\x12@\n\x0Csubscription\x18\x02 \x01(\x0B2\x1C.micro.debug.v1.SubscriptionR\x0Csubscription\x121\n\x07traffic\x18\x03 \x01(\x0B2\x17.micro.debug.v1.TrafficR\x07traffic\"\x9F\x02\n\x07Traffic\x12\x1A\n\x08requests\x18\x01 \x01(\x04R\x08requests\x12\x16\n\x06errors\x18\x02 \x01(\x04R\x06errors\x12O\n\x0Eerrors_by_code\x18\x03 \x03(\x0B2).micro.debug.v1.Traffic.ErrorsByCodeEntryR\x0CerrorsByCode\x12\x1B\n\tin_flight\x18\x04 \x01(\x04R\x08inFlight\x121\n\x07latency\x18\x05 \x01(\x0B2\x17.micro.debug.v1.LatencyR\x07latency\x1A?\n\x11ErrorsByCodeEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\x04R\x05value:\x028\x01\"\xB1\x02\n\x07Latency\x12\x14\n\x05count\x18\x01 \x01(\x04R\x05count\x12-\n\x04mean\x18\x02 \x01(\x0B2\x19.google.protobuf.DurationR\x04mean\x12+\n\x03p50\x18\x03 \x01(\x0B2\x19.google.protobuf.DurationR\x03p50\x12+\n\x03p90\x18\x04 \x01(\x0B2\x19.google.protobuf.DurationR\x03p90\x12+\n\x03p99\x18\x05 \x01(\x0B2\x19.google.protobuf.DurationR\x03p99\x12-\n\x04p999\x18\x06 \x01(\x0B2\x19.google.protobuf.DurationR\x04p999\x12+\n\x03max\x18\x07 \x01(\x0B2\x19.google.protobuf.DurationR\x03max\"\r\n\x0BInfoRequest\"\xB3\x02\n\x0CInfoResponse\x12(\n\x04node\x18\x01 \x01(\x0B2\x14.micro.debug.v1.NodeR\x04node\x12#\n\rmicro_version\x18\x02 \x01(\tR\x0CmicroVersion\x124\n\x07started\x18\x03 \x01(\x0B2\x1A.google.protobuf.TimestampR\x07started\x126\n\tendpoints\x18\x04 \x03(\x0B2\x18.micro.debug.v1.EndpointR\tendpoints\x12:\n\x0Bsubscribers\x18\x05 \x03(\x0B2\x18.micro.debug.v1.EndpointR\x0Bsubscribers\x12*\n\x05known\x18\x06 \x03(\x0B2\x14.micro.debug.v1.NodeR\x05known\"\xE2\x02\n\x04Node\x12\x0E\n\x02id\x18\x01 \x01(\tR\x02id\x12\x18\n\x07service\x18\x02 \x01(\tR\x07service\x12\x18\n\x07version\x18\x03 \x01(\tR\x07version\x12/\n\x05state\x18\x04 \x01(\x0E2\x19.micro.debug.v1.NodeStateR\x05state\x12\x1C\n\taddresses\x18\x05 \x03(\tR\taddresses\x12\x12\n\x04zone\x18\x06 \x01(\tR\x04zone\x12\x14\n\x05wires\x18\x07 \x03(\tR\x05wires\x12\x16\n\x06codecs\x18\x08 \x03(\tR\x06codecs\x12\x1C\n\tcontracts\x18\t \x03(\tR\tcontracts\x12B\n\rsubscriptions\x18\n \x03(\x0B2\x1C.micro.debug.v1.SubscriptionR\rsubscriptions\x12#\n\rmetadata_keys\x18\x0B \x03(\tR\x0CmetadataKeys\"x\n\x0CSubscription\x12\x14\n\x05topic\x18\x01 \x01(\tR\x05topic\x12\x14\n\x05queue\x18\x02 \x01(\tR\x05queue\x12\x1A\n\x08attempts\x18\x03 \x01(\rR\x08attempts\x12 \n\x0Bconcurrency\x18\x04 \x01(\rR\x0Bconcurrency\"\xB0\x03\n\x08Endpoint\x12\x12\n\x04path\x18\x01 \x01(\tR\x04path\x12\x1A\n\x08contract\x18\x02 \x01(\tR\x08contract\x12\x16\n\x06method\x18\x03 \x01(\tR\x06method\x12(\n\x04kind\x18\x04 \x01(\x0E2\x14.micro.debug.v1.KindR\x04kind\x12=\n\x0Bidempotency\x18\x05 \x01(\x0E2\x1B.micro.debug.v1.IdempotencyR\x0Bidempotency\x12\x12\n\x04docs\x18\x06 \x01(\tR\x04docs\x12\x18\n\x07request\x18\x07 \x01(\tR\x07request\x12\x14\n\x05reply\x18\x08 \x01(\tR\x05reply\x12@\n\x0Csubscription\x18\t \x01(\x0B2\x1C.micro.debug.v1.SubscriptionR\x0Csubscription\x123\n\x07timeout\x18\n \x01(\x0B2\x19.google.protobuf.DurationR\x07timeout\x12\x1E\n\ndeprecated\x18\r \x01(\x08R\ndeprecatedJ\x04\x08\x0B\x10\x0CJ\x04\x08\x0C\x10\rR\x06scopesR\x04http\"\x8E\x01\n\nLogRequest\x12+\n\x05level\x18\x01 \x01(\x0E2\x15.micro.debug.v1.LevelR\x05level\x12\x16\n\x06target\x18\x02 \x01(\tR\x06target\x12\x19\n\x05limit\x18\x03 \x01(\rH\0R\x05limit\x88\x01\x01\x12\x16\n\x06follow\x18\x04 \x01(\x08R\x06followB\x08\n\x06_limit\"T\n\x0BLogResponse\x121\n\x06record\x18\x01 \x01(\x0B2\x19.micro.debug.v1.LogRecordR\x06record\x12\x12\n\x04lost\x18\x02 \x01(\x04R\x04lost\"\xC8\x02\n\tLogRecord\x12.\n\x04time\x18\x01 \x01(\x0B2\x1A.google.protobuf.TimestampR\x04time\x12+\n\x05level\x18\x02 \x01(\x0E2\x15.micro.debug.v1.LevelR\x05level\x12\x16\n\x06target\x18\x03 \x01(\tR\x06target\x12\x18\n\x07message\x18\x04 \x01(\tR\x07message\x12=\n\x06fields\x18\x05 \x03(\x0B2%.micro.debug.v1.LogRecord.FieldsEntryR\x06fields\x12\x19\n\x08trace_id\x18\x06 \x01(\tR\x07traceId\x12\x17\n\x07span_id\x18\x07 \x01(\tR\x06spanId\x1A9\n\x0BFieldsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01*a\n\x06Status\x12\x16\n\x12STATUS_UNSPECIFIED\x10\0\x12\x12\n\x0ESTATUS_SERVING\x10\x01\x12\x16\n\x12STATUS_NOT_SERVING\x10\x02\x12\x13\n\x0FSTATUS_DRAINING\x10\x03*V\n\tNodeState\x12\x1A\n\x16NODE_STATE_UNSPECIFIED\x10\0\x12\x14\n\x10NODE_STATE_READY\x10\x01\x12\x17\n\x13NODE_STATE_DRAINING\x10\x02*z\n\x04Kind\x12\x14\n\x10KIND_UNSPECIFIED\x10\0\x12\x0E\n\nKIND_UNARY\x10\x01\x12\x19\n\x15KIND_CLIENT_STREAMING\x10\x02\x12\x19\n\x15KIND_SERVER_STREAMING\x10\x03\x12\x16\n\x12KIND_BIDIRECTIONAL\x10\x04*`\n\x0BIdempotency\x12\x1B\n\x17IDEMPOTENCY_UNSPECIFIED\x10\0\x12\x18\n\x14IDEMPOTENCY_READONLY\x10\x01\x12\x1A\n\x16IDEMPOTENCY_IDEMPOTENT\x10\x02*q\n\x05Level\x12\x15\n\x11LEVEL_UNSPECIFIED\x10\0\x12\x0F\n\x0BLEVEL_ERROR\x10\x01\x12\x0E\n\nLEVEL_WARN\x10\x02\x12\x0E\n\nLEVEL_INFO\x10\x03\x12\x0F\n\x0BLEVEL_DEBUG\x10\x04\x12\x0F\n\x0BLEVEL_TRACE\x10\x052\xAF\x02\n\x05Debug\x12L\n\x06Health\x12\x1D.micro.debug.v1.HealthRequest\x1A\x1E.micro.debug.v1.HealthResponse\"\x03\x90\x02\x01\x12I\n\x05Stats\x12\x1C.micro.debug.v1.StatsRequest\x1A\x1D.micro.debug.v1.StatsResponse\"\x03\x90\x02\x01\x12F\n\x04Info\x12\x1B.micro.debug.v1.InfoRequest\x1A\x1C.micro.debug.v1.InfoResponse\"\x03\x90\x02\x01\x12E\n\x03Log\x12\x1A.micro.debug.v1.LogRequest\x1A\x1B.micro.debug.v1.LogResponse\"\x03\x90\x02\x010\x01b\x06proto3",
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::HealthRequest, "micro.debug.v1.HealthRequest", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::HealthResponse, "micro.debug.v1.HealthResponse", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::Check, "micro.debug.v1.Check", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::StatsRequest, "micro.debug.v1.StatsRequest", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::StatsResponse, "micro.debug.v1.StatsResponse", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::EndpointStats, "micro.debug.v1.EndpointStats", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::SubscriberStats, "micro.debug.v1.SubscriberStats", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::Traffic, "micro.debug.v1.Traffic", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::Latency, "micro.debug.v1.Latency", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::InfoRequest, "micro.debug.v1.InfoRequest", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::InfoResponse, "micro.debug.v1.InfoResponse", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::Node, "micro.debug.v1.Node", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::Subscription, "micro.debug.v1.Subscription", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::Endpoint, "micro.debug.v1.Endpoint", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::LogRequest, "micro.debug.v1.LogRequest", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::LogResponse, "micro.debug.v1.LogResponse", POOL
    );
    ::micro::__private::prost_message!(
        self::micro::debug::v1::LogRecord, "micro.debug.v1.LogRecord", POOL
    );
    pub mod micro {
        pub mod debug {
            pub mod v1 {
                #[allow(unused_imports)]
                use ::core::prelude::v1::*;
                /// Asks for nothing in particular.
                #[derive(
                    Clone,
                    Copy,
                    PartialEq,
                    Eq,
                    Hash,
                    ::micro::__private::prost::Message
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct HealthRequest {}
                /// Whether a service is ready.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct HealthResponse {
                    /// The sum of everything below.
                    #[prost(enumeration = "Status", tag = "1")]
                    pub status: i32,
                    /// What each check found, in the order in which they were added.
                    #[prost(message, repeated, tag = "2")]
                    pub checks: ::micro::__private::prost::alloc::vec::Vec<Check>,
                }
                /// What a check found.
                #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct Check {
                    /// Its name.
                    #[prost(string, tag = "1")]
                    pub name: ::micro::__private::prost::alloc::string::String,
                    /// Serving when it passed, not serving when it failed.
                    #[prost(enumeration = "Status", tag = "2")]
                    pub status: i32,
                    /// Why it failed; empty when it passed.
                    #[prost(string, tag = "3")]
                    pub message: ::micro::__private::prost::alloc::string::String,
                    /// How long it took.
                    #[prost(message, optional, tag = "4")]
                    pub took: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// When it ended. Results are reused for a short time, so that questions do not become load.
                    #[prost(message, optional, tag = "5")]
                    pub checked: ::core::option::Option<
                        ::micro::__private::prost_types::Timestamp,
                    >,
                }
                /// Asks for nothing in particular.
                #[derive(
                    Clone,
                    Copy,
                    PartialEq,
                    Eq,
                    Hash,
                    ::micro::__private::prost::Message
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct StatsRequest {}
                /// What was counted and measured.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct StatsResponse {
                    /// When the service started, by its own clock.
                    #[prost(message, optional, tag = "1")]
                    pub started: ::core::option::Option<
                        ::micro::__private::prost_types::Timestamp,
                    >,
                    /// How long it has been running.
                    #[prost(message, optional, tag = "2")]
                    pub uptime: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// How many bytes of memory the process has in use (resident); not there where the system does not tell.
                    #[prost(uint64, optional, tag = "3")]
                    pub resident_bytes: ::core::option::Option<u64>,
                    /// How many tasks the runtime has that have not ended. Services in one process share it.
                    #[prost(uint64, tag = "4")]
                    pub tasks: u64,
                    /// Everything below taken together.
                    #[prost(message, optional, tag = "5")]
                    pub total: ::core::option::Option<Traffic>,
                    /// What each method counted, in the order in which they were mounted.
                    #[prost(message, repeated, tag = "6")]
                    pub endpoints: ::micro::__private::prost::alloc::vec::Vec<
                        EndpointStats,
                    >,
                    /// What each subscriber counted, in the order in which they were mounted.
                    #[prost(message, repeated, tag = "7")]
                    pub subscribers: ::micro::__private::prost::alloc::vec::Vec<
                        SubscriberStats,
                    >,
                    /// How many records the log has dropped to make room, since the start.
                    #[prost(uint64, tag = "8")]
                    pub log_dropped: u64,
                }
                /// What a method counted.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct EndpointStats {
                    /// The method's path: `/greeter.v1.Say/Hello`.
                    #[prost(string, tag = "1")]
                    pub path: ::micro::__private::prost::alloc::string::String,
                    /// Its calls.
                    #[prost(message, optional, tag = "2")]
                    pub traffic: ::core::option::Option<Traffic>,
                }
                /// What a subscriber counted.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct SubscriberStats {
                    /// The subscriber's path: `/greeter.Log/Said`.
                    #[prost(string, tag = "1")]
                    pub path: ::micro::__private::prost::alloc::string::String,
                    /// What it is subscribed to.
                    #[prost(message, optional, tag = "2")]
                    pub subscription: ::core::option::Option<Subscription>,
                    /// The events it was called with; every attempt counts.
                    #[prost(message, optional, tag = "3")]
                    pub traffic: ::core::option::Option<Traffic>,
                }
                /// What was counted about calls, or about events.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct Traffic {
                    /// How many began; those that were refused at once are among them.
                    #[prost(uint64, tag = "1")]
                    pub requests: u64,
                    /// How many ended with an error.
                    #[prost(uint64, tag = "2")]
                    pub errors: u64,
                    /// How many ended with each code: `NOT_FOUND` to 3. Codes that did not come are left out. A call whose caller gave
                    /// up is `CANCELLED`.
                    #[prost(map = "string, uint64", tag = "3")]
                    pub errors_by_code: ::std::collections::HashMap<
                        ::micro::__private::prost::alloc::string::String,
                        u64,
                    >,
                    /// How many began and have not ended.
                    #[prost(uint64, tag = "4")]
                    pub in_flight: u64,
                    /// How long those that ended took, to the last message of a stream.
                    #[prost(message, optional, tag = "5")]
                    pub latency: ::core::option::Option<Latency>,
                }
                /// How long calls took. Quantiles differ from the true value by at most 1/64 of it, and by at most 16 ns below one
                /// microsecond; durations above 73 minutes count as such in them. Mean and maximum are exact. All are zero when nothing
                /// was measured.
                #[derive(
                    Clone,
                    Copy,
                    PartialEq,
                    Eq,
                    Hash,
                    ::micro::__private::prost::Message
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct Latency {
                    /// How many were measured.
                    #[prost(uint64, tag = "1")]
                    pub count: u64,
                    /// The mean.
                    #[prost(message, optional, tag = "2")]
                    pub mean: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// What half of them did not exceed.
                    #[prost(message, optional, tag = "3")]
                    pub p50: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// What 90 of 100 did not exceed.
                    #[prost(message, optional, tag = "4")]
                    pub p90: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// What 99 of 100 did not exceed.
                    #[prost(message, optional, tag = "5")]
                    pub p99: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// What 999 of 1000 did not exceed.
                    #[prost(message, optional, tag = "6")]
                    pub p999: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// The longest.
                    #[prost(message, optional, tag = "7")]
                    pub max: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                }
                /// Asks for nothing in particular.
                #[derive(
                    Clone,
                    Copy,
                    PartialEq,
                    Eq,
                    Hash,
                    ::micro::__private::prost::Message
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct InfoRequest {}
                /// What a service is.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct InfoResponse {
                    /// The node, as the registry has it.
                    #[prost(message, optional, tag = "1")]
                    pub node: ::core::option::Option<Node>,
                    /// The version of the library `micro` the service was built with.
                    #[prost(string, tag = "2")]
                    pub micro_version: ::micro::__private::prost::alloc::string::String,
                    /// When the service started, by its own clock.
                    #[prost(message, optional, tag = "3")]
                    pub started: ::core::option::Option<
                        ::micro::__private::prost_types::Timestamp,
                    >,
                    /// The methods it answers, without those that every service answers.
                    #[prost(message, repeated, tag = "4")]
                    pub endpoints: ::micro::__private::prost::alloc::vec::Vec<Endpoint>,
                    /// The subscribers it has.
                    #[prost(message, repeated, tag = "5")]
                    pub subscribers: ::micro::__private::prost::alloc::vec::Vec<
                        Endpoint,
                    >,
                    /// The nodes that the service has looked up for calls of its own and follows, as it sees them; sorted by id, at most
                    /// 1,000.
                    #[prost(message, repeated, tag = "6")]
                    pub known: ::micro::__private::prost::alloc::vec::Vec<Node>,
                }
                /// A running process that serves.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct Node {
                    /// Names it, unique in the registry.
                    #[prost(string, tag = "1")]
                    pub id: ::micro::__private::prost::alloc::string::String,
                    /// The service it belongs to.
                    #[prost(string, tag = "2")]
                    pub service: ::micro::__private::prost::alloc::string::String,
                    /// The service's version; empty when none is known.
                    #[prost(string, tag = "3")]
                    pub version: ::micro::__private::prost::alloc::string::String,
                    /// Whether it wants new calls.
                    #[prost(enumeration = "NodeState", tag = "4")]
                    pub state: i32,
                    /// Where it listens, best first: `127.0.0.1:4000`.
                    #[prost(string, repeated, tag = "5")]
                    pub addresses: ::micro::__private::prost::alloc::vec::Vec<
                        ::micro::__private::prost::alloc::string::String,
                    >,
                    /// The zone it runs in; empty when none is known.
                    #[prost(string, tag = "6")]
                    pub zone: ::micro::__private::prost::alloc::string::String,
                    /// The wires it speaks: `grpc`, `json`.
                    #[prost(string, repeated, tag = "7")]
                    pub wires: ::micro::__private::prost::alloc::vec::Vec<
                        ::micro::__private::prost::alloc::string::String,
                    >,
                    /// The codecs it understands: `proto`, `json`.
                    #[prost(string, repeated, tag = "8")]
                    pub codecs: ::micro::__private::prost::alloc::vec::Vec<
                        ::micro::__private::prost::alloc::string::String,
                    >,
                    /// The full names of the contracts it serves.
                    #[prost(string, repeated, tag = "9")]
                    pub contracts: ::micro::__private::prost::alloc::vec::Vec<
                        ::micro::__private::prost::alloc::string::String,
                    >,
                    /// The topics it takes events of.
                    #[prost(message, repeated, tag = "10")]
                    pub subscriptions: ::micro::__private::prost::alloc::vec::Vec<
                        Subscription,
                    >,
                    /// The keys of its metadata. The values are for those who read the registry.
                    #[prost(string, repeated, tag = "11")]
                    pub metadata_keys: ::micro::__private::prost::alloc::vec::Vec<
                        ::micro::__private::prost::alloc::string::String,
                    >,
                }
                /// A topic that events are taken of.
                #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct Subscription {
                    /// The topic: `greeter.said`.
                    #[prost(string, tag = "1")]
                    pub topic: ::micro::__private::prost::alloc::string::String,
                    /// The queue, of which one member gets an event; empty where every subscriber gets it.
                    #[prost(string, tag = "2")]
                    pub queue: ::micro::__private::prost::alloc::string::String,
                    /// How often an event is tried in all. Zero where it is not known, as in what other nodes announce.
                    #[prost(uint32, tag = "3")]
                    pub attempts: u32,
                    /// How many events are worked on at once. Zero where it is not known.
                    #[prost(uint32, tag = "4")]
                    pub concurrency: u32,
                }
                /// A method, or a subscriber.
                #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct Endpoint {
                    /// The path on every wire: `/greeter.v1.Say/Hello`.
                    #[prost(string, tag = "1")]
                    pub path: ::micro::__private::prost::alloc::string::String,
                    /// The full name of the contract: `greeter.v1.Say`.
                    #[prost(string, tag = "2")]
                    pub contract: ::micro::__private::prost::alloc::string::String,
                    /// The method's name: `Hello`.
                    #[prost(string, tag = "3")]
                    pub method: ::micro::__private::prost::alloc::string::String,
                    /// Which sides stream.
                    #[prost(enumeration = "Kind", tag = "4")]
                    pub kind: i32,
                    /// What is promised about calling twice.
                    #[prost(enumeration = "Idempotency", tag = "5")]
                    pub idempotency: i32,
                    /// Its documentation, as written at its definition.
                    #[prost(string, tag = "6")]
                    pub docs: ::micro::__private::prost::alloc::string::String,
                    /// The full name of the request message; of a subscriber, of the event.
                    #[prost(string, tag = "7")]
                    pub request: ::micro::__private::prost::alloc::string::String,
                    /// The full name of the reply message.
                    #[prost(string, tag = "8")]
                    pub reply: ::micro::__private::prost::alloc::string::String,
                    /// What it is subscribed to; not there for a method that is called.
                    #[prost(message, optional, tag = "9")]
                    pub subscription: ::core::option::Option<Subscription>,
                    /// How long a call may take; not there where only callers say.
                    #[prost(message, optional, tag = "10")]
                    pub timeout: ::core::option::Option<
                        ::micro::__private::prost_types::Duration,
                    >,
                    /// Whether callers are asked to call something else.
                    #[prost(bool, tag = "13")]
                    pub deprecated: bool,
                }
                /// Which records are asked for.
                #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct LogRequest {
                    /// The least severe level that is wanted: `LEVEL_WARN` asks for warnings and errors. Unspecified: everything that
                    /// is kept, which is what the setting `log` lets pass.
                    #[prost(enumeration = "Level", tag = "1")]
                    pub level: i32,
                    /// How the targets that are wanted begin: `micro::server`. Empty: all.
                    #[prost(string, tag = "2")]
                    pub target: ::micro::__private::prost::alloc::string::String,
                    /// How many of the latest records are wanted, at most; not there: all that are kept.
                    #[prost(uint32, optional, tag = "3")]
                    pub limit: ::core::option::Option<u32>,
                    /// Whether the records that follow are wanted as well.
                    #[prost(bool, tag = "4")]
                    pub follow: bool,
                }
                /// One record, or word of some that are lost.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct LogResponse {
                    /// The record.
                    #[prost(message, optional, tag = "1")]
                    pub record: ::core::option::Option<LogRecord>,
                    /// How many records were dropped, since the one before, because they came faster than they were read. They are
                    /// counted before level and target are looked at.
                    #[prost(uint64, tag = "2")]
                    pub lost: u64,
                }
                /// One record of the log.
                #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct LogRecord {
                    /// When it was logged.
                    #[prost(message, optional, tag = "1")]
                    pub time: ::core::option::Option<
                        ::micro::__private::prost_types::Timestamp,
                    >,
                    /// How severe it is.
                    #[prost(enumeration = "Level", tag = "2")]
                    pub level: i32,
                    /// The part of the program it comes from: `greeter::storage`.
                    #[prost(string, tag = "3")]
                    pub target: ::micro::__private::prost::alloc::string::String,
                    /// What it says. Long texts are cut.
                    #[prost(string, tag = "4")]
                    pub message: ::micro::__private::prost::alloc::string::String,
                    /// Its other fields. Long values are cut, and those that go beyond the limit of a record left out.
                    #[prost(map = "string, string", tag = "5")]
                    pub fields: ::std::collections::HashMap<
                        ::micro::__private::prost::alloc::string::String,
                        ::micro::__private::prost::alloc::string::String,
                    >,
                    /// The trace of the call it was logged in, 32 hexadecimal digits; empty outside of calls, and where
                    /// the log level leaves the spans of calls out.
                    #[prost(string, tag = "6")]
                    pub trace_id: ::micro::__private::prost::alloc::string::String,
                    /// The span of the call it was logged in, 16 hexadecimal digits; empty as the trace is.
                    #[prost(string, tag = "7")]
                    pub span_id: ::micro::__private::prost::alloc::string::String,
                }
                /// How a service, or one of its checks, is.
                #[derive(
                    Clone,
                    Copy,
                    Debug,
                    PartialEq,
                    Eq,
                    Hash,
                    PartialOrd,
                    Ord,
                    ::micro::__private::prost::Enumeration
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                #[repr(i32)]
                pub enum Status {
                    /// Not known.
                    Unspecified = 0,
                    /// Ready for calls; of a check: passed.
                    Serving = 1,
                    /// Not ready; of a check: failed.
                    NotServing = 2,
                    /// About to stop: finishes what it has.
                    Draining = 3,
                }
                impl Status {
                    /// String value of the enum field names used in the ProtoBuf definition.
                    ///
                    /// The values are not transformed in any way and thus are considered stable
                    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                    pub fn as_str_name(&self) -> &'static str {
                        match self {
                            Self::Unspecified => "STATUS_UNSPECIFIED",
                            Self::Serving => "STATUS_SERVING",
                            Self::NotServing => "STATUS_NOT_SERVING",
                            Self::Draining => "STATUS_DRAINING",
                        }
                    }
                    /// Creates an enum from field names used in the ProtoBuf definition.
                    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                        match value {
                            "STATUS_UNSPECIFIED" => Some(Self::Unspecified),
                            "STATUS_SERVING" => Some(Self::Serving),
                            "STATUS_NOT_SERVING" => Some(Self::NotServing),
                            "STATUS_DRAINING" => Some(Self::Draining),
                            _ => None,
                        }
                    }
                }
                /// Whether a node wants new calls.
                #[derive(
                    Clone,
                    Copy,
                    Debug,
                    PartialEq,
                    Eq,
                    Hash,
                    PartialOrd,
                    Ord,
                    ::micro::__private::prost::Enumeration
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                #[repr(i32)]
                pub enum NodeState {
                    /// Not known.
                    Unspecified = 0,
                    /// It does.
                    Ready = 1,
                    /// It finishes what it has and will go.
                    Draining = 2,
                }
                impl NodeState {
                    /// String value of the enum field names used in the ProtoBuf definition.
                    ///
                    /// The values are not transformed in any way and thus are considered stable
                    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                    pub fn as_str_name(&self) -> &'static str {
                        match self {
                            Self::Unspecified => "NODE_STATE_UNSPECIFIED",
                            Self::Ready => "NODE_STATE_READY",
                            Self::Draining => "NODE_STATE_DRAINING",
                        }
                    }
                    /// Creates an enum from field names used in the ProtoBuf definition.
                    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                        match value {
                            "NODE_STATE_UNSPECIFIED" => Some(Self::Unspecified),
                            "NODE_STATE_READY" => Some(Self::Ready),
                            "NODE_STATE_DRAINING" => Some(Self::Draining),
                            _ => None,
                        }
                    }
                }
                /// Which sides of a call stream.
                #[derive(
                    Clone,
                    Copy,
                    Debug,
                    PartialEq,
                    Eq,
                    Hash,
                    PartialOrd,
                    Ord,
                    ::micro::__private::prost::Enumeration
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                #[repr(i32)]
                pub enum Kind {
                    /// Not known.
                    Unspecified = 0,
                    /// One request, one reply.
                    Unary = 1,
                    /// Many requests, one reply.
                    ClientStreaming = 2,
                    /// One request, many replies.
                    ServerStreaming = 3,
                    /// Many requests, many replies.
                    Bidirectional = 4,
                }
                impl Kind {
                    /// String value of the enum field names used in the ProtoBuf definition.
                    ///
                    /// The values are not transformed in any way and thus are considered stable
                    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                    pub fn as_str_name(&self) -> &'static str {
                        match self {
                            Self::Unspecified => "KIND_UNSPECIFIED",
                            Self::Unary => "KIND_UNARY",
                            Self::ClientStreaming => "KIND_CLIENT_STREAMING",
                            Self::ServerStreaming => "KIND_SERVER_STREAMING",
                            Self::Bidirectional => "KIND_BIDIRECTIONAL",
                        }
                    }
                    /// Creates an enum from field names used in the ProtoBuf definition.
                    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                        match value {
                            "KIND_UNSPECIFIED" => Some(Self::Unspecified),
                            "KIND_UNARY" => Some(Self::Unary),
                            "KIND_CLIENT_STREAMING" => Some(Self::ClientStreaming),
                            "KIND_SERVER_STREAMING" => Some(Self::ServerStreaming),
                            "KIND_BIDIRECTIONAL" => Some(Self::Bidirectional),
                            _ => None,
                        }
                    }
                }
                /// What is promised about calling twice.
                #[derive(
                    Clone,
                    Copy,
                    Debug,
                    PartialEq,
                    Eq,
                    Hash,
                    PartialOrd,
                    Ord,
                    ::micro::__private::prost::Enumeration
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                #[repr(i32)]
                pub enum Idempotency {
                    /// Nothing.
                    Unspecified = 0,
                    /// The method changes nothing.
                    Readonly = 1,
                    /// Calling twice has the effect of calling once.
                    Idempotent = 2,
                }
                impl Idempotency {
                    /// String value of the enum field names used in the ProtoBuf definition.
                    ///
                    /// The values are not transformed in any way and thus are considered stable
                    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                    pub fn as_str_name(&self) -> &'static str {
                        match self {
                            Self::Unspecified => "IDEMPOTENCY_UNSPECIFIED",
                            Self::Readonly => "IDEMPOTENCY_READONLY",
                            Self::Idempotent => "IDEMPOTENCY_IDEMPOTENT",
                        }
                    }
                    /// Creates an enum from field names used in the ProtoBuf definition.
                    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                        match value {
                            "IDEMPOTENCY_UNSPECIFIED" => Some(Self::Unspecified),
                            "IDEMPOTENCY_READONLY" => Some(Self::Readonly),
                            "IDEMPOTENCY_IDEMPOTENT" => Some(Self::Idempotent),
                            _ => None,
                        }
                    }
                }
                /// How severe a record is.
                #[derive(
                    Clone,
                    Copy,
                    Debug,
                    PartialEq,
                    Eq,
                    Hash,
                    PartialOrd,
                    Ord,
                    ::micro::__private::prost::Enumeration
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                #[repr(i32)]
                pub enum Level {
                    /// Not known.
                    Unspecified = 0,
                    /// Something failed.
                    Error = 1,
                    /// Something may fail.
                    Warn = 2,
                    /// What operators want to know.
                    Info = 3,
                    /// What developers want to know.
                    Debug = 4,
                    /// Everything.
                    Trace = 5,
                }
                impl Level {
                    /// String value of the enum field names used in the ProtoBuf definition.
                    ///
                    /// The values are not transformed in any way and thus are considered stable
                    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                    pub fn as_str_name(&self) -> &'static str {
                        match self {
                            Self::Unspecified => "LEVEL_UNSPECIFIED",
                            Self::Error => "LEVEL_ERROR",
                            Self::Warn => "LEVEL_WARN",
                            Self::Info => "LEVEL_INFO",
                            Self::Debug => "LEVEL_DEBUG",
                            Self::Trace => "LEVEL_TRACE",
                        }
                    }
                    /// Creates an enum from field names used in the ProtoBuf definition.
                    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                        match value {
                            "LEVEL_UNSPECIFIED" => Some(Self::Unspecified),
                            "LEVEL_ERROR" => Some(Self::Error),
                            "LEVEL_WARN" => Some(Self::Warn),
                            "LEVEL_INFO" => Some(Self::Info),
                            "LEVEL_DEBUG" => Some(Self::Debug),
                            "LEVEL_TRACE" => Some(Self::Trace),
                            _ => None,
                        }
                    }
                }
                /// Looks into one running service. A call is meant for one node, so it is made to an address.
                ///
                /// Whoever may call the service may call this too, unless a layer forbids it. Nothing here tells values of metadata or
                /// contents of messages; logs tell what the program logged.
                pub trait Debug: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
                    /// Tells whether the service is ready, and which of its checks say so. A service that has begun to refuse calls
                    /// refuses this one too, as `unavailable`.
                    fn health(&self, ctx: &::micro::Context, request: HealthRequest) -> impl ::core::future::Future<Output = ::micro::Result<HealthResponse>> + ::core::marker::Send;
                    /// Tells what was counted and measured since the service started. Calls of this contract are not counted.
                    fn stats(&self, ctx: &::micro::Context, request: StatsRequest) -> impl ::core::future::Future<Output = ::micro::Result<StatsResponse>> + ::core::marker::Send;
                    /// Tells what the service is, what it answers, and which nodes it knows.
                    fn info(&self, ctx: &::micro::Context, request: InfoRequest) -> impl ::core::future::Future<Output = ::micro::Result<InfoResponse>> + ::core::marker::Send;
                    /// Tells the records that were logged last and, if asked to, those that follow, until the caller or the service goes.
                    fn log(&self, ctx: &::micro::Context, request: LogRequest) -> impl ::core::future::Future<Output = ::micro::Result<::micro::Streaming<LogResponse>>> + ::core::marker::Send;
                    #[doc(hidden)] fn ROW_of_health<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::health(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                    #[doc(hidden)] fn ROW_of_stats<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::stats(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                    #[doc(hidden)] fn ROW_of_info<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::info(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                    #[doc(hidden)] fn ROW_of_log<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::log(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                    #[doc(hidden)]
                    #[allow(deprecated, non_upper_case_globals)]
                    const ROWS_of_a_trait_generated_by_micro_codegen: &'static [::micro::__private::Row<Self>] = &[
                        ::micro::__private::Row::new(DebugClient::HEALTH, Self::ROW_of_health),
                        ::micro::__private::Row::new(DebugClient::STATS, Self::ROW_of_stats),
                        ::micro::__private::Row::new(DebugClient::INFO, Self::ROW_of_info),
                        ::micro::__private::Row::new(DebugClient::LOG, Self::ROW_of_log),
                    ];
                    #[doc(hidden)]
                    #[allow(non_upper_case_globals)]
                    const CONTRACT_of_a_trait_generated_by_micro_codegen: &'static str = "micro.debug.v1.Debug";
                }
                /// Calls `micro.debug.v1.Debug`, wherever it is served.
                ///
                /// Looks into one running service. A call is meant for one node, so it is made to an address.
                ///
                /// Whoever may call the service may call this too, unless a layer forbids it. Nothing here tells values of metadata or
                /// contents of messages; logs tell what the program logged.
                #[allow(unreachable_pub)]
                #[derive(::core::clone::Clone, ::core::fmt::Debug)]
                pub struct DebugClient {
                    target: ::micro::__private::Target,
                }
                #[allow(deprecated)]
                impl ::micro::client::TypedClient for DebugClient {
                    const CONTRACT: &'static str = "micro.debug.v1.Debug";
                    const METHODS: &'static [&'static ::micro::Spec] = &[
                        Self::HEALTH,
                        Self::STATS,
                        Self::INFO,
                        Self::LOG,
                    ];
                    fn from_target(target: ::micro::__private::Target) -> Self {
                        Self { target }
                    }
                }
                #[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
                impl DebugClient {
                    /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
                    pub fn new(caller: &impl ::micro::client::Caller) -> Self {
                        Self {
                            target: ::micro::client::Caller::target(
                                caller,
                                "micro.debug.v1.Debug",
                            ),
                        }
                    }
                    /// Calls only nodes of the service `service`.
                    #[must_use]
                    pub fn named(
                        self,
                        service: impl ::core::convert::Into<::std::string::String>,
                    ) -> Self {
                        Self {
                            target: self.target.named(service),
                        }
                    }
                    /// Describes `Health`.
                    pub const HEALTH: &'static ::micro::Spec = &::micro::__private::spec::<HealthRequest, HealthResponse>("/micro.debug.v1.Debug/Health", "micro.debug.v1.Debug").readonly().docs("Tells whether the service is ready, and which of its checks say so. A service that has begun to refuse calls\nrefuses this one too, as `unavailable`.");
                    /// Tells whether the service is ready, and which of its checks say so. A service that has begun to refuse calls
                    /// refuses this one too, as `unavailable`.
                    pub fn health(&self, request: HealthRequest) -> ::micro::Call<HealthResponse> { self.target.call(Self::HEALTH, request) }
                    /// Describes `Stats`.
                    pub const STATS: &'static ::micro::Spec = &::micro::__private::spec::<StatsRequest, StatsResponse>("/micro.debug.v1.Debug/Stats", "micro.debug.v1.Debug").readonly().docs("Tells what was counted and measured since the service started. Calls of this contract are not counted.");
                    /// Tells what was counted and measured since the service started. Calls of this contract are not counted.
                    pub fn stats(&self, request: StatsRequest) -> ::micro::Call<StatsResponse> { self.target.call(Self::STATS, request) }
                    /// Describes `Info`.
                    pub const INFO: &'static ::micro::Spec = &::micro::__private::spec::<InfoRequest, InfoResponse>("/micro.debug.v1.Debug/Info", "micro.debug.v1.Debug").readonly().docs("Tells what the service is, what it answers, and which nodes it knows.");
                    /// Tells what the service is, what it answers, and which nodes it knows.
                    pub fn info(&self, request: InfoRequest) -> ::micro::Call<InfoResponse> { self.target.call(Self::INFO, request) }
                    /// Describes `Log`.
                    pub const LOG: &'static ::micro::Spec = &::micro::__private::spec::<LogRequest, ::micro::Streaming<LogResponse>>("/micro.debug.v1.Debug/Log", "micro.debug.v1.Debug").readonly().docs("Tells the records that were logged last and, if asked to, those that follow, until the caller or the service goes.");
                    /// Tells the records that were logged last and, if asked to, those that follow, until the caller or the service goes.
                    pub fn log(&self, request: LogRequest) -> ::micro::Call<::micro::Streaming<LogResponse>> { self.target.call(Self::LOG, request) }
                }
            }
        }
    }
}
#[allow(unreachable_pub, unused_imports)]
pub use self::generated_by_micro::*;
