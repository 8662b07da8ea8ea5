"""The guards of what goes out of the program and comes into it: addresses, bytes, files and texts."""

from __future__ import annotations

import edge_checks as checks
import text_checks as texts
from guard import guard

_PRIVATE = "portfolio.private_files"
_PLAN_BYTES = "connectors.ms_project.client:PlanFolder"

EDGE = (
    guard(
        "Nothing is sent without TLS, but to this machine",
        checks.nothing_is_sent_without_tls,
        (
            "connectors.answers:origin_of",
            'if parts.scheme == "http" and not is_loopback(parts.hostname):',
            "if False:",
        ),
    ),
    guard(
        "A credential in an address is refused",
        checks.a_credential_in_an_address_is_refused,
        ("connectors.answers:origin_of", "if parts.username or parts.password:", "if False:"),
    ),
    guard(
        "A certificate is verified",
        checks.an_unknown_authority_is_refused,
        ("connectors.transfer:Transfer._open", 'verify=settings["verify"],', "verify=False,"),
    ),
    guard(
        "What is not encrypted goes through no proxy",
        checks.no_proxy_reads_what_is_not_encrypted,
        ("connectors.network:Route.proxies_for", 'if url.lower().startswith("http://"):', "if False:"),
    ),
    guard(
        "The secret for signing in goes to one host only",
        checks.a_secret_of_signing_in_goes_to_one_host,
        ("connectors.login:LoginSession._is_ours", "return origin_of(url) == self._origin", "return True"),
    ),
    guard(
        "A command that gives a secret is run without a shell",
        checks.a_command_for_a_secret_is_run_without_a_shell,
        ("connectors.auth:SecretRef._read", "_words(self.command),", '["sh", "-c", str(self.command)],'),
    ),
    guard(
        "An answer that unfolds without end is refused",
        checks.an_answer_that_unfolds_without_end_is_refused,
        ("connectors.transfer:Transfer._read", "if size > self._max_bytes:", "if False:"),
    ),
    guard(
        "An answer that drips is given up",
        checks.an_answer_that_drips_is_given_up,
        (
            "connectors.transfer:Transfer._read",
            "if self._monotonic() - started > self._timeouts.total_seconds:",
            "if False:",
        ),
    ),
    guard(
        "A credential that an answer repeats is taken out before anything sees it",
        checks.a_credential_that_an_answer_repeats_is_not_kept,
        ("connectors.transfer:_without_credential", "body=without(body, secrets)", "body=body"),
    ),
    guard(
        "… and out of its headers",
        checks.a_credential_that_a_header_repeats_is_not_shown,
        ("connectors.transfer:_without_credential", "if clean != sent:", "if False:"),
    ),
    guard(
        "A plan with a document type is refused",
        checks.a_document_type_is_refused,
        (
            "connectors.ms_project.reader:PlanReader._begin",
            "if element.getroottree().docinfo.internalDTD is not None:",
            "if False:",
        ),
    ),
    guard(
        "… and no entity would be expanded",
        checks.no_entity_is_expanded,
        (
            "connectors.ms_project.reader:PlanReader.__init__",
            "resolve_entities=False,",
            "resolve_entities=True,",
        ),
        (
            "connectors.ms_project.reader:PlanReader._begin",
            "if element.getroottree().docinfo.internalDTD is not None:",
            "if False:",
        ),
    ),
    guard(
        "A plan of absurd size is refused",
        checks.a_plan_of_absurd_size_is_refused,
        (f"{_PLAN_BYTES}._open", "if status.st_size > self._max_bytes:", "if False:"),
        (f"{_PLAN_BYTES}._chunks", "if total > self._max_bytes:", "if False:"),
    ),
    guard(
        "… and a record of absurd size",
        checks.a_record_of_absurd_size_is_refused,
        (
            "connectors.ms_project.reader:PlanReader.feed",
            "if self._unread_bytes > MAX_RECORD_BYTES:",
            "if False:",
        ),
    ),
    guard(
        "YAML of absurd size is refused",
        checks.yaml_of_absurd_size_is_refused,
        ("rules.yaml_text:read_yaml", "if len(text) > MAX_BYTES:", "if False:"),
    ),
    guard(
        "… that refers to itself",
        checks.yaml_that_refers_to_itself_is_refused,
        ("rules.yaml_text:_value", "if node.anchor is not None:", "if False:"),
    ),
    guard(
        "… of absurd depth",
        checks.yaml_of_absurd_depth_is_refused,
        ("rules.yaml_text:_value", "if len(path) > MAX_DEPTH:", "if False:"),
    ),
    guard(
        "A plan of writes of absurd size is refused before it is read",
        checks.a_plan_of_writes_of_absurd_size_is_refused,
        ("sync.plan_file:read_plan", "if path.stat().st_size > MAX_BYTES:", "if False:"),
    ),
    guard(
        "What is written is this account's alone, whatever the umask",
        checks.what_is_written_is_this_accounts_alone,
        (
            f"{_PRIVATE}:create_private",
            "os.open(path, _EXCLUSIVE, PRIVATE_FILE)",
            "os.open(path, _EXCLUSIVE, 0o666)",
        ),
        (f"{_PRIVATE}:create_private", "os.fchmod(handle, PRIVATE_FILE)", "pass"),
    ),
    guard(
        "… so are the database, its log and its lock",
        checks.the_database_is_this_accounts_alone,
        (
            "store.database:_make_private_file",
            "os.close(create_private(path))",
            "os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o666))",
        ),
    ),
    guard(
        "… and a folder for backups",
        checks.a_folder_for_backups_is_this_accounts_alone,
        (f"{_PRIVATE}:make_private_folder", "one.chmod(PRIVATE_FOLDER)", "pass"),
    ),
    guard(
        "A link in the place of a new file is not followed",
        checks.a_link_in_the_place_of_a_new_file_is_not_followed,
        (
            f"{_PRIVATE}:create_private",
            "os.open(path, _EXCLUSIVE, PRIVATE_FILE)",
            "os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)",
        ),
    ),
    guard(
        "A file is replaced whole or not at all",
        checks.a_file_is_replaced_whole_or_not_at_all,
        (
            f"{_PRIVATE}:replacing_private",
            'draft = path.with_name(f".{path.name}.{os.getpid()}.part")',
            "draft = path",
        ),
    ),
    guard(
        "A secret that others can read is said",
        checks.a_secret_that_others_can_read_is_said,
        ("sync.exposure:exposed_files", "        if who:\n", "        if False:\n"),
    ),
    guard(
        "… and a configuration that they can change",
        checks.a_configuration_that_others_can_change_is_said,
        (
            "sync.exposure:exposed_files",
            "if config.path is not None and (who := writers(config.path)):",
            "if False:",
        ),
    ),
    guard(
        "… and a store that they can read",
        checks.a_store_that_others_can_read_is_said,
        ("sync.exposure:exposed_files", "if who := readers(name):", "if False:"),
    ),
    guard(
        "A secret that was read is hidden in every encoding",
        texts.a_secret_that_was_read_is_hidden_in_every_encoding,
        ("connectors.auth:SecretRef.resolve", "remember(value)", "pass"),
    ),
    guard(
        "Markup in a title stays text in HTML",
        texts.markup_in_a_title_stays_text_in_html,
        ("connectors.azure_devops.render:_html_inline", "text = html.escape(shown)", "text = shown"),
    ),
    guard(
        "… and in Markdown",
        texts.markup_in_a_title_stays_text_in_markdown,
        ("connectors.azure_devops.render:_markdown_text", "html.escape(text, quote=False)", "text"),
    ),
    guard(
        "Nobody is mentioned by a title",
        texts.nobody_is_mentioned_by_a_title,
        (
            "connectors.azure_devops.render:_markdown_text",
            r'escaped = _MARKUP.sub(r"\\\1", html.escape(text, quote=False))',
            "escaped = html.escape(text, quote=False)",
        ),
    ),
    guard(
        "No address that runs something becomes a link",
        texts.no_address_that_runs_something_becomes_a_link,
        ("connectors.hostile_text:is_harmless", "parts.scheme in _SCHEMES and", ""),
    ),
    guard(
        "What hides or turns round a text reaches no tracker",
        texts.what_turns_a_line_round_reaches_no_tracker,
        ("connectors.hostile_text:clean", "if unicodedata.category(char) not in _HIDDEN", ""),
    ),
    guard(
        "A text of a tracker cannot imitate our block in the notes of a plan",
        texts.a_note_of_a_plan_cannot_imitate_our_block,
        ("connectors.ms_project.render:clean", 're.sub("={3,}", "==", shown)', "shown"),
    ),
    guard(
        "A text of a tracker moves no cursor of a terminal",
        texts.a_title_moves_no_cursor,
        ("commands.text:clean", "_CONTROL.sub(lambda found: _shown(found[0]), text)", "text"),
    ),
    guard(
        "… nor where a terminal shows JSON",
        texts.a_title_in_json_moves_no_cursor,
        (
            "commands.output:safe_json",
            r'_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)',
            "text",
        ),
    ),
    guard(
        "A text of a tracker is no formula in a spreadsheet",
        texts.a_title_is_no_formula,
        ("commands.output:csv_cell", "return guard + ", "return "),
    ),
    guard(
        "… nor in a table beside a plan",
        texts.a_title_is_no_formula_in_a_table_beside_a_plan,
        ("connectors.ms_project.sidecar:_guarded", "text.startswith(_FORMULA)", "False"),
    ),
    guard(
        "… and no markup in the plan itself",
        texts.a_text_is_no_markup_in_a_plan,
        ("connectors.ms_project.document:Document.escaped", "escape(text)", "text"),
    ),
    guard(
        "… and no markup in a change ticket",
        texts.a_title_is_no_markup_in_a_change_ticket,
        ("commands.plan_markdown:escaped", '.replace("<", "&lt;")', ""),
    ),
)
