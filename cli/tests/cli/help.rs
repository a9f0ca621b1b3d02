//! The whole help, as people see it.

use std::fmt::Write;

use crate::support::World;

/// All commands below a line of words, itself first.
fn helps(world: &World, words: &[String], page: &mut String) {
    let help = world.unset(words).args(["--help"]).done();
    writeln!(page, "\n===== linksfield {}\n\n{}", words.join(" "), help.trim()).unwrap();
    let commands = help.split("Commands:\n").nth(1).unwrap_or_default();
    let names = commands.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    for name in names.filter_map(|line| line.split(' ').next()).filter(|name| !["", "help"].contains(name)) {
        helps(world, &[words, &[name.to_owned()]].concat(), page);
    }
}

#[test]
fn the_help_of_every_command_is_as_it_was_read() {
    let mut page = String::new();
    helps(&World::new(), &[], &mut page);
    insta::assert_snapshot!(page);
}

#[test]
fn chinese_help_has_the_vendors_words() {
    let help = World::new().unset(["csss", "order-package", "--lang", "zh", "--help"]).done();
    assert!(help.starts_with("订购流量套餐\n\n为企业下的单个设备订购一个流量套餐。"), "{help}");
    assert!(help.contains("是否立即开通此套餐"), "{help}");
}

#[test]
fn what_is_deprecated_or_partly_documented_says_so() {
    let world = World::new();
    let help = world.unset(["csss", "pause-service", "--help"]).done();
    assert!(help.contains("[deprecated]") && help.contains("labels this operation as deprecated"), "{help}");
    let help = world.unset(["csss", "query-order", "--help"]).done();
    assert!(
        help.contains("documents it in part") && help.contains("https://developer-en.apifox.cn/api-42599718"),
        "{help}"
    );
}

#[test]
fn a_mistake_ends_with_2_and_names_what_is_near() {
    let world = World::new();
    assert!(world.unset(["csss", "order-pakage"]).fails(2).contains("order-package"));
    assert!(world.unset(["csss", "open-package", "--order"]).fails(2).contains("--order-id"));
    let said = world.linksfield(["csss", "open-package"]).fails(2);
    assert!(said.contains("it needs --order-id"), "{said}");
    let said = world.linksfield(["csss", "order-package", "--is-open", "now"]).fails(2);
    assert!(said.contains("start-at-once"), "{said}");
}

#[test]
fn colours_are_left_out_where_no_terminal_is() {
    let help = World::new().unset(["csss", "--help"]).done();
    assert!(!help.contains('\u{1b}'), "{help}");
}

#[test]
fn a_help_that_cannot_be_printed_is_an_error() {
    let mut help = World::new().unset(["csss", "--help"]);
    help.0.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    assert_eq!(help.output().status.code(), Some(1));
}
