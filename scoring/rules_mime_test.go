package scoring

var mimeCases = []ruleCase{
	{rule: "MIME_EVASION", hit: letter("Content-Transfer-Encoding: base64 (x)", "R29vZCBtb3JuaW5n"),
		near: letter("Content-Transfer-Encoding: base64", "R29vZCBtb3JuaW5n")},
	{rule: "MIME_BROKEN", hit: letter("Content-Transfer-Encoding: base64", "R29v!ZC!Bt!b3!JuaW5n"),
		near: letter("Content-Transfer-Encoding: base64", "R29vZCBt\nb3JuaW5n")},
	{rule: "MIME_VERSION_MISSING", hit: letter("-MIME-Version\nContent-Type: multipart/mixed; boundary=b", "--b\n\n"+prose+"\n--b--"),
		near: letter("-MIME-Version", prose)},
	{rule: "CHARSET_ODD", hit: letter("Content-Type: text/plain; charset=utf-7", prose),
		near: letter("Content-Type: text/plain; charset=koi8-r", prose)},
	{rule: "TEXT_TORN", hit: letter("", "Please con\u200bfirm. "+prose), near: letter("", "\u200bPlease confirm. "+prose)},
	{rule: "TEXT_AS_BINARY", hit: letter("Content-Type: application/octet-stream", prose),
		near: letter("Content-Type: text/plain", prose)},
	{rule: "BODY_EMPTY", hit: letter("", " \n"), near: letter("", ".")},
}
