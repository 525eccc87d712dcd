//! `#[micro::service]`: from an `impl` block to rows, a registration and, code first, a client.

mod block;
mod check;
mod code_first;
mod contract_first;
mod mounting;
mod options;
pub(crate) mod subscriber;

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Args;
use crate::env::Env;
use crate::errors::Errors;
use block::Block;

/// Expands `#[micro::service]`.
///
/// What the user wrote is printed again, whatever is wrong with it, so that editors keep completing.
pub(crate) fn expand(args: TokenStream, item: TokenStream, env: &Env) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &options::SERVICE, &mut errors);
    let mut block: Block = match syn::parse2(item.clone()) {
        Ok(block) => block,
        Err(error) => {
            errors.add(error);
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    let expansion = match block.contract.is_some() {
        true => contract_first::expand(&args, &mut block, &mut errors),
        false => code_first::expand(&args, &mut block, env, &mut errors),
    };
    let errors = errors.into_tokens();
    quote!(#block #expansion #errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(args: TokenStream, item: TokenStream) -> String {
        expand(args, item, &Env { package: "my-ledger".to_owned() }).to_string()
    }

    #[test]
    fn a_contract_is_named_after_package_and_type() {
        let block = quote! {
            impl Ledger {
                #[micro::handler]
                async fn get_total(&self, request: Get) -> Result<Total> {}
            }
        };
        let text = expanded(quote!(), block.clone());
        assert!(text.contains("\"/my_ledger.Ledger/GetTotal\""), "{text}");
        let text = expanded(quote!(package = "books.v1", name = "Books"), block);
        assert!(text.contains("\"/books.v1.Books/GetTotal\"") && text.contains("BooksClient"), "{text}");
    }

    #[test]
    fn a_half_written_body_keeps_nothing_from_expanding() {
        let text = expanded(
            quote!(),
            quote! {
                impl Ledger {
                    #[handler]
                    async fn total(&self, request: Get) -> Result<Total> { self. }
                }
            },
        );
        assert!(text.contains("LedgerClient") && !text.contains("compile_error"), "{text}");
    }

    #[test]
    fn every_mistake_is_told_and_the_block_is_kept() {
        let text = expanded(
            quote!(),
            quote! {
                impl Ledger {
                    #[micro::handler]
                    fn total(&self, ctx: Context, request: Get) -> Result<Total> { body }
                    #[micro::handler]
                    async fn good(&self, request: Get) -> Result<Total> {}
                }
            },
        );
        for part in ["`total` is not async", "found `Context` by value", "{ body }", "pub fn good"] {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        assert!(!text.contains("register !"), "{text}");
    }

    #[test]
    fn cfg_keeps_endpoints_of_one_name_apart() {
        let block = |cfg: TokenStream| {
            quote! {
                impl Ledger {
                    #[micro::handler]
                    #cfg
                    async fn total(&self, request: Get) -> Result<Total> {}
                    #[micro::handler(name = "Total")]
                    #[cfg(not(unix))]
                    async fn other(&self, request: Get) -> Result<Total> {}
                }
            }
        };
        assert!(!expanded(quote!(), block(quote!(#[cfg(unix)]))).contains("compile_error"));
        assert!(expanded(quote!(), block(quote!())).contains("is the name of `total` already"));
    }

    #[test]
    fn a_subscriber_is_a_row_and_nothing_of_a_client() {
        let handler = quote! {
            #[micro::handler]
            async fn total(&self, request: Get) -> Result<Total> {}
        };
        let subscriber = quote! {
            #[micro::subscriber(topic = "greeter.said")]
            async fn on_said(&self, event: Said) -> Result<()> {}
        };
        let text = expanded(quote!(), quote!(impl Ledger { #handler #subscriber }));
        for part in ["& [Self :: TOTAL]", "\"/my_ledger.Ledger/OnSaid\"", "pub fn total"] {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        assert!(!text.contains("pub fn on_said") && text.matches("register !").count() == 1, "{text}");

        let text = expanded(quote!(), quote!(impl Ledger { #subscriber }));
        assert!(text.contains("(:: core :: env ! (\"CARGO_PKG_NAME\") , \"\" ,"), "{text}");
        assert!(!text.contains("LedgerClient") && !text.contains("compile_error"), "{text}");
    }

    #[test]
    fn a_trait_from_elsewhere_fails_for_its_rows_only() {
        let text = expanded(
            quote!(),
            quote!(impl fmt::Display for X { fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {} }),
        );
        assert!(!text.contains("compile_error"), "{text}");
        assert!(
            text.contains("< X as fmt :: Display > :: ROWS_of_a_trait_generated_by_micro_codegen"),
            "{text}"
        );
    }
}
