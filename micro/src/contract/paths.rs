//! Field numbers of `descriptor.proto`. They make up the paths by which comments say what they stand on.

pub(super) const FILE_MESSAGES: i32 = 4;
pub(super) const FILE_ENUMS: i32 = 5;
pub(super) const FILE_SERVICES: i32 = 6;
pub(super) const MESSAGE_FIELDS: i32 = 2;
pub(super) const MESSAGE_NESTED: i32 = 3;
pub(super) const MESSAGE_ENUMS: i32 = 4;
pub(super) const MESSAGE_ONEOFS: i32 = 8;
pub(super) const ENUM_VALUES: i32 = 2;
pub(super) const SERVICE_METHODS: i32 = 2;
