//! The text, to the letter, of what the sample of annotated blocks does not hold. That texts read back as the
//! descriptors they were printed from is tested where there is a compiler.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, FieldDescriptorProto,
    FieldOptions, MethodDescriptorProto, MethodOptions, ServiceDescriptorProto, ServiceOptions,
    SourceCodeInfo, descriptor_proto, enum_descriptor_proto,
};

use super::*;

use std::time::Duration;

use crate::contract::descriptor_set;
use crate::spec::{Kind, Spec};

fn printed(file: &FileDescriptorProto) -> String {
    let mut names = Names::default();
    names.add(file);
    print(file, &names, &Options::default(), "", str::to_owned)
}

fn field(name: &str, number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional as i32),
        r#type: Some(kind as i32),
        ..FieldDescriptorProto::default()
    }
}

fn of(type_name: &str, field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.to_owned()), ..field }
}

fn value(name: &str, number: i32) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto { name: Some(name.to_owned()), number: Some(number), options: None }
}

#[test]
fn an_empty_file_is_its_syntax() {
    assert_eq!(printed(&FileDescriptorProto::default()), "syntax = \"proto3\";\n");
}

#[test]
fn nested_types_stand_after_the_fields_and_options_behind_them() {
    let mood = EnumDescriptorProto {
        name: Some("Mood".to_owned()),
        value: vec![value("CALM", 0), value("QUIET", 0)],
        options: Some(EnumOptions {
            allow_alias: Some(true),
            deprecated: Some(true),
            ..EnumOptions::default()
        }),
        reserved_range: vec![
            enum_descriptor_proto::EnumReservedRange { start: Some(-3), end: Some(-2) },
            enum_descriptor_proto::EnumReservedRange { start: Some(9), end: Some(i32::MAX) },
        ],
        reserved_name: vec!["WILD".to_owned()],
    };
    let unpacked = FieldOptions { packed: Some(false), deprecated: Some(true), ..FieldOptions::default() };
    let inner = DescriptorProto {
        name: Some("Inner".to_owned()),
        field: vec![FieldDescriptorProto {
            label: Some(Label::Repeated as i32),
            options: Some(unpacked),
            json_name: Some("n\"r".to_owned()),
            ..field("some_numbers", 536_870_911, Type::Sint32)
        }],
        ..DescriptorProto::default()
    };
    let reserved = |start, end| descriptor_proto::ReservedRange { start: Some(start), end: Some(end) };
    let outer = DescriptorProto {
        name: Some("Outer".to_owned()),
        field: vec![
            of(".a.Outer.Inner", field("inner", 1, Type::Message)),
            of(".a.Outer.Mood", field("mood", 2, Type::Enum)),
            FieldDescriptorProto {
                json_name: Some("someName".to_owned()),
                ..field("some_name", 3, Type::Bytes)
            },
        ],
        nested_type: vec![inner],
        enum_type: vec![mood],
        reserved_range: vec![reserved(4, 5), reserved(6, 8), reserved(1000, 536_870_912)],
        ..DescriptorProto::default()
    };
    let empty = DescriptorProto { name: Some("Empty".to_owned()), ..DescriptorProto::default() };
    let file = FileDescriptorProto {
        package: Some("a".to_owned()),
        message_type: vec![outer, empty],
        ..FileDescriptorProto::default()
    };
    assert_eq!(
        printed(&file),
        r#"syntax = "proto3";

package a;

message Outer {
  reserved 4, 6 to 7, 1000 to max;

  Inner inner = 1;
  Mood mood = 2;
  bytes some_name = 3;

  message Inner {
    repeated sint32 some_numbers = 536870911 [packed = false, deprecated = true, json_name = "n\"r"];
  }

  enum Mood {
    option allow_alias = true;
    option deprecated = true;
    reserved -3 to -2, 9 to max;
    reserved "WILD";

    CALM = 0;
    QUIET = 0;
  }
}

message Empty {}
"#
    );
}

#[test]
fn methods_that_need_more_than_a_line_stand_apart() {
    let method = |name: &str, options| MethodDescriptorProto {
        name: Some(name.to_owned()),
        input_type: Some(".a.In".to_owned()),
        output_type: Some(".a.In".to_owned()),
        server_streaming: Some(true),
        client_streaming: None,
        options,
    };
    let deprecated = MethodOptions { deprecated: Some(true), ..MethodOptions::default() };
    let service = ServiceDescriptorProto {
        name: Some("S".to_owned()),
        method: vec![method("One", None), method("Two", None), method("In", Some(deprecated))],
        options: Some(ServiceOptions { deprecated: Some(true), ..ServiceOptions::default() }),
    };
    let file = FileDescriptorProto {
        package: Some("a".to_owned()),
        service: vec![service, ServiceDescriptorProto { name: Some("T".to_owned()), ..Default::default() }],
        message_type: vec![DescriptorProto { name: Some("In".to_owned()), ..Default::default() }],
        ..FileDescriptorProto::default()
    };
    // A method of the name is found before the message.
    assert_eq!(
        printed(&file),
        r#"syntax = "proto3";

package a;

service S {
  option deprecated = true;

  rpc One(a.In) returns (stream a.In);
  rpc Two(a.In) returns (stream a.In);

  rpc In(a.In) returns (stream a.In) {
    option deprecated = true;
  }
}

service T {}

message In {}
"#
    );
}

#[test]
fn an_option_whose_name_would_mean_another_is_written_in_full() {
    const GET: &Spec = &Spec::new::<(), ()>("/acme.micro.v1.A/Get", "acme.micro.v1.A", Kind::Unary)
        .timeout(Duration::from_secs(2));
    let set = descriptor_set([GET]).unwrap();
    let mut names = Names::default();
    set.files().for_each(|file| names.add(file.file_descriptor_proto()));
    let file = set.made().next().unwrap();
    let text = print(file.file_descriptor_proto(), &names, &Options::of(&file), "", str::to_owned);
    assert!(text.contains("    option (.micro.timeout) = \"2s\";\n"), "{text}");
}

#[test]
fn comments_stay_comments_whatever_they_say() {
    let comment = |path: &[i32], text: &str| Location {
        path: path.to_vec(),
        leading_comments: Some(text.to_owned()),
        ..Location::default()
    };
    let file = FileDescriptorProto {
        message_type: vec![DescriptorProto {
            name: Some("A".to_owned()),
            field: vec![field("a", 1, Type::Bool)],
            ..DescriptorProto::default()
        }],
        source_code_info: Some(SourceCodeInfo {
            location: vec![
                comment(&[FILE_MESSAGES, 0], " One \r\n\n  two\u{b}*/ /*\n"),
                comment(&[FILE_MESSAGES, 0, 2, 0], "x\ry"),
                comment(&[FILE_MESSAGES, 7], " On nothing.\n"),
            ],
        }),
        ..FileDescriptorProto::default()
    };
    assert_eq!(
        printed(&file),
        "syntax = \"proto3\";\n\n// One\n//\n//  two */ /*\nmessage A {\n  //x y\n  bool a = 1;\n}\n"
    );
}

#[test]
fn files_that_do_not_hold_together_are_refused() {
    assert!(print_files(b"no descriptors").is_err());
}
