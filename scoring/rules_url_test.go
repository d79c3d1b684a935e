package scoring

var urlCases = []ruleCase{
	{rule: "URL_ADDRESS", hit: letter("", prose+" http://203.0.113.7/minutes"), near: letter("", prose+" http://192.168.1.1/minutes")},
	{rule: "URL_NUMBER", hit: page(`<a href="http://0xCB007107/">minutes</a>`), near: page(`<a href="http://203.0.113.7/">minutes</a>`)},
	{rule: "URL_USER", hit: page(`<a href="https://bank.example@evil.example/">minutes</a>`),
		near: page(`<a href="https://blog.example/@ann.author">minutes</a>`)},
	{rule: "URL_SHORTENER", hit: letter("", prose+" https://bit.ly/3xYz"), near: letter("", prose+" https://rabbit.ly/3xYz")},
	{rule: "URL_FREE_PAGE", hit: letter("", prose+" https://minutes.weebly.com/"), near: letter("", prose+" https://notweebly.com/")},
	{rule: "URL_MIXED_SCRIPT", hit: page(`<a href="https://p` + "\u0430" + `ypal.example/">minutes</a>`),
		near: page(`<a href="https://м` + "\u043e" + `сква.example/">minutes</a>`)},
	{rule: "URL_SCRIPT", hit: page(`<a href="data:text/html;base64,PGI+">minutes</a>`),
		near: page(`<a href="javascript:void(0)">minutes</a><img src="data:image/png;base64,AA==">`)},
	{rule: "URL_SCRIPT", hit: page(`<a href="blob:https://example.org/0a1b">minutes</a>`), near: page(`<img src="blob:https://example.org/0a1b">`)},
	{rule: "URL_SCRIPT", hit: page(`<iframe src="data:image/svg+xml;base64,PHN2Zz4="></iframe>`),
		near: page(`<img src="data:image/svg+xml;base64,PHN2Zz4="><a href="data:image/png;base64,AA==">minutes</a>`)},
	{rule: "URL_TEXT_DIFFERS", hit: page(`<a href="https://evil.example.com/">https://www.bank.example/login</a>`),
		near: page(`<a href="https://click.bank.example/x">www.bank.example</a> <a href="https://t.example/">3.5 million readers</a>`)},
	{rule: "URL_PORT", hit: letter("", prose+" http://www.example.org:81/"), near: letter("", prose+" http://www.example.org:8080/")},
	{rule: "URL_DEEP_HOST", hit: letter("", prose+" http://a.b.c.d.e.f.example.org/"), near: letter("", prose+" http://a.b.c.d.e.example.org/")},
	{rule: "URL_ENCODED_HOST", hit: page(`<a href="http://www%2eexample.org/">minutes</a>`),
		near: page(`<a href="http://www.example.org/a%20b">minutes</a>`)},
}
