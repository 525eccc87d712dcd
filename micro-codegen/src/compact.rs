//! One line a declaration: what a service adds to the generated code stays short, however long its names are.
//!
//! A printer that breaks lines at a width makes eight of the declaration of one method, and nobody reads them: what is
//! looked up is the name, the types and the documentation above.

/// What is only found in the declarations of services: in the trait, its rows and the client.
const MARKS: [&str; 6] = [
    "::micro::Context",
    "::micro::Call<",
    "::micro::Spec",
    "__private::Incoming<",
    "__private::Row::new(",
    "__private::Row<",
];

/// How a declaration begins.
const BEGINNINGS: [&str; 5] = ["fn ", "pub fn ", "const ", "pub const ", "::micro::__private::Row::new("];

/// Joins the lines of each method, constant and row of a service, in code that was printed with one token a line where
/// it did not fit.
pub(crate) fn services(code: &str, micro: &str) -> String {
    let lines: Vec<&str> = code.lines().collect();
    let mut out = String::with_capacity(code.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let length = declaration(&lines[at..], micro);
        match length {
            0 | 1 => out.push_str(line),
            _ => out.push_str(&joined(&lines[at..at + length])),
        }
        out.push('\n');
        at += length.max(1);
    }
    out
}

/// Returns how many lines the declaration of a service takes that begins here; none when there is none.
fn declaration(lines: &[&str], micro: &str) -> usize {
    let Some(first) = lines.first().map(|line| line.trim_start()) else { return 0 };
    let named = |texts: &[&str], test: &dyn Fn(&str) -> bool| {
        texts.iter().any(|text| test(&text.replacen("::micro", micro, 1)))
    };
    // What is hidden from people takes no line to say so.
    if first == "#[doc(hidden)]" && lines.get(1).is_some_and(|line| line.trim_start().starts_with("fn ")) {
        return match declaration(&lines[1..], micro) {
            0 => 0,
            length => length + 1,
        };
    }
    if !named(&BEGINNINGS, &|text| first.starts_with(text)) {
        return 0;
    }
    let (mut depth, mut marked) = (0_i32, false);
    for (index, line) in lines.iter().enumerate() {
        depth += nesting(line);
        marked |= named(&MARKS, &|text| line.contains(text));
        // What a constant lists has lines of its own.
        if line.ends_with("= &[") {
            return if marked { index + 1 } else { 0 };
        }
        if depth <= 0 && line.ends_with([';', '}', ',']) {
            return if marked { index + 1 } else { 0 };
        }
    }
    0
}

/// Returns how much deeper a line leads, by the brackets outside of its strings. Of angle brackets those at its ends
/// count, as elsewhere they may be anything.
fn nesting(line: &str) -> i32 {
    let (mut quoted, mut escaped) = (false, false);
    let mut depth = i32::from(line.ends_with('<')) - i32::from(line.trim_start().starts_with('>'));
    for character in line.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth
}

/// Puts lines behind each other as they would stand on one.
fn joined(lines: &[&str]) -> String {
    let mut out = lines.first().map_or("", |line| line.trim_end()).to_owned();
    for line in lines.iter().skip(1).map(|line| line.trim()) {
        let closes = line.starts_with([')', ']', '>']) || line.starts_with(".");
        if (closes || line.starts_with('}')) && out.ends_with(',') {
            out.pop();
        }
        if !closes && !out.ends_with(['(', '[', '<']) {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHERS: &str = "\
impl Kind {
    fn len(
        &self,
    ) -> usize {
        1
    }
}
";

    const SERVICE: &str = r#"trait Say {
    /// Greets.
    fn hello(
        &self,
        ctx: &::micro::Context,
        request: HelloRequest,
    ) -> impl ::core::future::Future<
        Output = ::micro::Result<HelloReply>,
    > + ::core::marker::Send;
    #[doc(hidden)]
    fn ROW_of_hello(
        call: ::micro::__private::Incoming<Self>,
    ) -> ::micro::__private::Reply {
        match call.receive(message) {
            Err(error) => Err(error),
        }
    }
    #[doc(hidden)]
    const ROWS: &'static [::micro::__private::Row<
        Self,
    >] = &[
        ::micro::__private::Row::new(
            SayClient::HELLO,
            Self::ROW_of_hello,
        ),
    ];
}
impl SayClient {
    pub const HELLO: &'static ::micro::Spec = &::micro::__private::spec::<
        HelloRequest,
        HelloReply,
    >("/greeter.v1.Say/Hello")
        .docs(
            "Says \"(\", and ]} too,",
        );
}
"#;

    const SHORT: &str = r#"trait Say {
    /// Greets.
    fn hello(&self, ctx: &::micro::Context, request: HelloRequest) -> impl ::core::future::Future<Output = ::micro::Result<HelloReply>> + ::core::marker::Send;
    #[doc(hidden)] fn ROW_of_hello(call: ::micro::__private::Incoming<Self>) -> ::micro::__private::Reply { match call.receive(message) { Err(error) => Err(error) } }
    #[doc(hidden)]
    const ROWS: &'static [::micro::__private::Row<Self>] = &[
        ::micro::__private::Row::new(SayClient::HELLO, Self::ROW_of_hello),
    ];
}
impl SayClient {
    pub const HELLO: &'static ::micro::Spec = &::micro::__private::spec::<HelloRequest, HelloReply>("/greeter.v1.Say/Hello").docs("Says \"(\", and ]} too,");
}
"#;

    #[test]
    fn declarations_of_services_take_a_line_and_others_stay() {
        assert_eq!(services(SERVICE, "::micro"), SHORT);
        assert_eq!(services(OTHERS, "::micro"), OTHERS);
        let renamed = |code: &str| code.replace("::micro", "::renamed::micro");
        assert_eq!(services(&renamed(SERVICE), "::renamed::micro"), renamed(SHORT));
    }

    #[test]
    fn code_that_ends_too_early_stays() {
        for cut in 0..SERVICE.len() {
            let code = services(&SERVICE[..cut], "::micro");
            assert_eq!(code.matches("HelloReply").count(), SERVICE[..cut].matches("HelloReply").count());
        }
    }
}
