//! Code first: an `impl` of a type. The contract is what the marked methods are.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Path, ReturnType, Type};

use super::block::Block;
use super::check::{self, Form};
use super::mounting::Mounting;
use super::options::{self, Handler};
use super::subscriber;
use crate::args::Args;
use crate::attributes::{self, Mark};
use crate::docs::docs;
use crate::env::Env;
use crate::errors::Errors;
use crate::function::Function;
use micro_expand::{Answer, Contract, Method, PrintedRow, Receiver, Row, Subscriber};

/// An endpoint that was understood.
struct Endpoint {
    function: Ident,
    receiver: Receiver,
    context: bool,
    method: Method,
    /// Where its name on the wire was written.
    named_at: Span,
}

/// What is marked in a block.
#[derive(Default)]
struct Marked {
    endpoints: Vec<Endpoint>,
    subscribers: Vec<Subscriber>,
    init: Option<Ident>,
    /// How many marks there were, good and bad.
    marks: usize,
}

/// Expands a block of a type of its own.
pub(super) fn expand(args: &Args, block: &mut Block, env: &Env, errors: &mut Errors) -> TokenStream {
    let micro = args.micro(errors);
    let package = args.text("package", errors).filter(|package| options::is_package(package, errors));
    let package = package.map_or_else(|| env.proto_package(), |package| package.value());
    let name = args.text("name", errors).filter(|name| options::is_identifier(name, errors));
    let name = name.map_or_else(|| type_name(&block.self_ty, errors), |name| Some(name.value()));

    let marked = read(block, &micro, errors);
    if marked.marks == 0 {
        let message = "no method of this block is marked `#[micro::handler]` or `#[micro::subscriber]`, so it serves \
                       nothing (only an attribute under its own name is seen)";
        errors.on(block.impl_token, message);
    }
    let Some(name) = name else { return TokenStream::new() };

    let methods = marked.endpoints.iter().map(|endpoint| endpoint.method.clone()).collect();
    let contract = Contract {
        full_name: format!("{package}.{name}"),
        rust_name: name,
        docs: docs(&block.attrs),
        methods,
        micro: micro.clone(),
    };
    let spans: Vec<Span> = marked.endpoints.iter().map(|endpoint| endpoint.function.span()).collect();
    let client = match marked.endpoints.is_empty() {
        true => TokenStream::new(),
        false => micro_expand::client_at(&contract, &spans),
    };
    if !errors.is_empty() {
        // The client still appears, so that its callers are not reported as well; nothing is served.
        return client;
    }

    let (rows, rows_of) = rows(&contract, block, &marked);
    let (full_name, code_first) = match marked.endpoints.is_empty() {
        true => ("", None),
        false => (contract.full_name.as_str(), Some(contract.docs.trim())),
    };
    let self_ty = &block.self_ty;
    let mounting = Mounting {
        micro: &micro,
        block,
        contract: quote!(#full_name),
        rows: quote!(<#self_ty>::#rows_of),
        code_first,
        init: marked.init,
    };
    let mounting = mounting.tokens(errors);
    match block.generics.lifetimes().next() {
        None => quote!(#client #rows #mounting),
        // Told by the mounting; of rows that borrow, the compiler would tell more.
        Some(_) => client,
    }
}

/// Prints the rows, in a constant of the type, and names it.
///
/// Two blocks of one contract would silently hide each other's endpoints; sharing the constant's name, they do not
/// compile, and the name is the advice. A block of subscribers alone adds nothing to a contract, so it may stand beside
/// one that does.
fn rows(contract: &Contract, block: &Block, marked: &Marked) -> (TokenStream, Ident) {
    let micro = &contract.micro;
    let client = micro_expand::client_ident(contract);
    let endpoints = marked.endpoints.iter().map(|endpoint| {
        let constant = micro_expand::constant(&endpoint.method.rust_name);
        let constant = micro_expand::ident_at(&constant, Span::call_site());
        micro_expand::row(&Row {
            micro,
            spec: quote!(#client::#constant),
            function: &endpoint.function,
            receiver: endpoint.receiver,
            context: endpoint.context,
            answer: Answer::Handler,
            cfgs: &endpoint.method.cfgs,
            span: endpoint.function.span(),
        })
    });
    let subscribers =
        marked.subscribers.iter().map(|one| micro_expand::subscriber_row(micro, &contract.full_name, one));
    let rows: Vec<PrintedRow> = endpoints.chain(subscribers).collect();
    let functions = rows.iter().map(|row| &row.function);
    let rows = rows.iter().map(|row| &row.row);
    let name = contract.full_name.replace('.', "_");
    let name = match (marked.endpoints.is_empty(), marked.subscribers.is_empty()) {
        (false, _) => format!("ROWS_of_{name}_so_the_other_block_needs_micro_service_name"),
        (true, false) => format!("ROWS_of_{name}_subscribers_so_the_other_block_needs_micro_service_name"),
        (true, true) => format!("ROWS_of_{name}_init"),
    };
    let rows_of = Ident::new(&name, Span::call_site().located_at(block.self_ty.span()));
    let self_ty = &block.self_ty;
    let (generics, _, clause) = block.generics.split_for_impl();
    let constant = quote_spanned! {rows_of.span()=>
        const #rows_of: &'static [#micro::__private::Row<Self>] = &[#(#rows),*];
    };
    let tokens = quote! {
        #[allow(dead_code, deprecated, non_snake_case, non_upper_case_globals)]
        impl #generics #self_ty #clause {
            #(#functions)*

            #[doc(hidden)]
            #constant
        }
    };
    (tokens, rows_of)
}

/// Reads the marked functions, leaving the hidden mark in their attributes.
fn read(block: &mut Block, micro: &Path, errors: &mut Errors) -> Marked {
    let parameters = block.parameters();
    let mut marked = Marked::default();
    for function in block.functions() {
        match take_mark(function, errors) {
            None => {}
            Some((Mark::Init, _, tokens)) => {
                marked.marks += 1;
                options::init(tokens, errors);
                check_init(function, errors);
                if marked.init.is_some() {
                    errors.on(
                        &function.sig.ident,
                        "a service is made in one way: this is the second `#[micro::init]`",
                    );
                }
                marked.init = Some(function.sig.ident.clone());
            }
            Some((Mark::Handler, _, tokens)) => {
                marked.marks += 1;
                let Some(endpoint) = endpoint(function, tokens, &parameters, micro, errors) else { continue };
                let Method { name, cfgs, .. } = &endpoint.method;
                check_name(&marked, name, cfgs, endpoint.named_at, options::HANDLER.attribute, errors);
                marked.endpoints.push(endpoint);
            }
            Some((Mark::Subscriber, place, tokens)) => {
                marked.marks += 1;
                let args = Args::parse(tokens, &options::SUBSCRIBER, errors);
                if let Some(span) = args.position("crate") {
                    errors.at(span, "where micro is found is said once: `#[micro::service(crate = path)]`");
                }
                let read = subscriber::read(function, &args, place, Form::Subscriber, errors);
                let Some((subscriber, named_at)) = read else { continue };
                let Subscriber { name, cfgs, .. } = &subscriber;
                check_name(&marked, name, cfgs, named_at, options::SUBSCRIBER.attribute, errors);
                marked.subscribers.push(subscriber);
            }
        }
    }
    marked
}

/// Finds the mark of a function, tells where it stands, and takes its options.
fn take_mark(function: &mut Function, errors: &mut Errors) -> Option<(Mark, Span, TokenStream)> {
    let mut found = None;
    for attribute in &mut function.attrs {
        let Some(mark) = Mark::of(attribute) else { continue };
        let span = attribute.path().span();
        let tokens = attributes::take_args(attribute).unwrap_or_else(|error| {
            errors.add(error);
            TokenStream::new()
        });
        if found.is_some() {
            let message =
                "one mark a function, once: `#[micro::handler]`, `#[micro::subscriber]` or `#[micro::init]`";
            errors.at(span, message);
        }
        found.get_or_insert((mark, span, tokens));
    }
    found
}

fn endpoint(
    function: &Function,
    tokens: TokenStream,
    parameters: &[Ident],
    micro: &Path,
    errors: &mut Errors,
) -> Option<Endpoint> {
    let handler = Handler::parse(tokens, errors);
    let shape = check::shape(&function.sig, Form::CodeFirst, parameters, errors)?;
    let name = &function.sig.ident;
    let rust_name = name.to_string();
    let wire_name =
        handler.name.as_ref().map_or_else(|| micro_expand::upper_camel(&rust_name), |name| name.value());
    let result = &shape.result;
    let reply = quote_spanned!(result.span()=> <#result as #micro::__private::HandlerResult>::Output);
    Some(Endpoint {
        function: name.clone(),
        receiver: shape.receiver,
        context: shape.context,
        named_at: handler.name.as_ref().map_or_else(|| name.span(), |name| name.span()),
        method: Method {
            rust_name,
            name: wire_name,
            docs: docs(&function.attrs),
            request: shape.request,
            reply: Type::Verbatim(reply),
            idempotency: handler.idempotency,
            cfgs: attributes::cfgs(&function.attrs),
            deprecated: function.attrs.iter().any(|attribute| attribute.path().is_ident("deprecated")),
            timeout: handler.timeout,
            topic: None,
        },
    })
}

/// Reports a second function of one name, unless `#[cfg]` may keep them apart. `attribute` is that of the second.
fn check_name(
    marked: &Marked,
    name: &str,
    cfgs: &[Attribute],
    named_at: Span,
    attribute: &str,
    errors: &mut Errors,
) {
    let endpoints = marked.endpoints.iter();
    let endpoints = endpoints.map(|one| (&one.function, &one.method.name, &one.method.cfgs));
    let subscribers = marked.subscribers.iter().map(|one| (&one.function, &one.name, &one.cfgs));
    let same = endpoints.chain(subscribers).find(|(_, taken, _)| taken.as_str() == name);
    let Some((other, ..)) = same.filter(|(_, _, others)| others.is_empty() || cfgs.is_empty()) else {
        return;
    };
    let attribute = attribute.trim_end_matches(']');
    let message =
        format!("`{name}` is the name of `{other}` already; choose another: `{attribute}(name = \"…\")]`");
    errors.at(named_at, message);
}

fn check_init(function: &Function, errors: &mut Errors) {
    let sig = &function.sig;
    let expected = format!("expected `async fn {}(service: &Service) -> Result<Self>`", sig.ident);
    if sig.asyncness.is_none() {
        errors.on(sig.fn_token, format!("`{}` is not async; {expected}", sig.ident));
    }
    if !sig.generics.params.is_empty() {
        errors.on(&sig.generics.params, format!("`{}` is generic; {expected}", sig.ident));
    }
    match sig.inputs.first() {
        Some(FnArg::Typed(_)) if sig.inputs.len() == 1 => {}
        Some(FnArg::Receiver(receiver)) => {
            errors.on(receiver, format!("there is no service yet when it is made; {expected}"));
        }
        _ => {
            errors.on(&sig.ident, format!("`{}` takes the service, and nothing else; {expected}", sig.ident))
        }
    }
    if let ReturnType::Default = sig.output {
        errors.on(&sig.ident, format!("`{}` returns nothing; {expected}", sig.ident));
    }
}

/// Names the contract after the type.
fn type_name(ty: &Type, errors: &mut Errors) -> Option<String> {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
    {
        let name = last.ident.to_string();
        return Some(name.strip_prefix("r#").unwrap_or(&name).to_owned());
    }
    errors.on(ty, "the contract cannot be named after this type: write `#[micro::service(name = \"…\")]`");
    None
}
