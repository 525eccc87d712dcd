//! Contract first: an `impl` of a generated trait. The trait holds the rows, so the block needs only its path.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;

use super::block::Block;
use super::check::{self, Form};
use super::mounting::Mounting;
use crate::args::Args;
use crate::attributes::{self, Mark};
use crate::errors::Errors;

/// Expands a block that implements a trait.
pub(super) fn expand(args: &Args, block: &mut Block, errors: &mut Errors) -> TokenStream {
    let micro = args.micro(errors);
    for option in ["name", "package"] {
        if let Some(span) = args.position(option) {
            errors.at(
                span,
                format!("the `{option}` of a generated trait stands in its .proto: leave the option out"),
            );
        }
    }
    for function in block.functions() {
        let mut is_elsewhere = false;
        for attribute in &mut function.attrs {
            let Some(mark) = Mark::of(attribute) else { continue };
            is_elsewhere |= mark != Mark::Handler;
            let span = attribute.path().span();
            // The options are dropped: none of them has a place here.
            _ = attributes::take_args(attribute);
            errors.at(span, misplaced(mark));
        }
        // A trait of somebody else is told apart by its rows, not by what its methods look like.
        if !is_elsewhere && check::is_meant_as_handler(&function.sig) {
            check::shape(&function.sig, Form::ContractFirst, &[], errors);
        }
    }
    let Some(contract) = &block.contract else { return TokenStream::new() };
    // Looking for the rows is what tells a generated trait from any other, so it stands where the trait does.
    let span =
        Span::call_site().located_at(contract.segments.last().map_or_else(Span::call_site, Spanned::span));
    let rows = Ident::new(micro_expand::ROWS_CONST, span);
    let name = Ident::new(micro_expand::CONTRACT_CONST, span);
    let self_ty = &block.self_ty;
    let mounting = Mounting {
        micro: &micro,
        block,
        contract: quote!(<#self_ty as #contract>::#name),
        rows: quote!(<#self_ty as #contract>::#rows),
        code_first: None,
        init: None,
    };
    mounting.tokens(errors)
}

fn misplaced(mark: Mark) -> &'static str {
    match mark {
        Mark::Handler => {
            "every method of a generated trait is an endpoint: leave the attribute out; options stand in the .proto"
        }
        Mark::Subscriber => {
            "what a generated trait is subscribed to stands in its .proto, as `option (micro.topic)`: leave the attribute \
             out, or put the method into a block of its own, `#[micro::service] impl Greeter { \
             #[micro::subscriber(topic = \"…\")] async fn on_said(&self, event: Said) -> Result<()> { … } }`"
        }
        Mark::Init => {
            "a generated trait has no `init`: put the function into a block of its own, \
             `#[micro::service] impl Greeter { #[micro::init] async fn open(service: &Service) -> Result<Self> { … } }`"
        }
    }
}
