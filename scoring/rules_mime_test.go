package scoring

var mimeCases = []ruleCase{
	{rule: "MIME_EVASION", hit: letter("Content-Transfer-Encoding: base64 (x)", "R29vZCBtb3JuaW5n"),
		near: letter("Content-Transfer-Encoding: base64", "R29vZCBtb3JuaW5n")},
	{rule: "MIME_BROKEN", hit: letter("Content-Transfer-Encoding: base64", "R29v!ZC!Bt!b3!JuaW5n"),
		near: letter("Content-Transfer-Encoding: base64", "R29vZCBt\nb3JuaW5n")},
	{rule: "CHARSET_ODD", hit: letter("Content-Type: text/plain; charset=utf-7", prose),
		near: letter("Content-Type: text/plain; charset=koi8-r", prose)},
	{rule: "TEXT_TORN", hit: letter("", "Please con\u200bfirm. "+prose), near: letter("", "\u200bPlease confirm. "+prose)},
	{rule: "BODY_EMPTY", hit: letter("", " \n"), near: letter("", ".")},
}
