package scoring

import "strings"

// shorteners are hosts that lead elsewhere for everybody who asks them to.
// Those of one company for its own pages are not among them.
var shorteners = set(`
	0rz.tw 1url.com 2u.pw adf.ly b.link b23.ru bc.vc bit.do bit.ly bitly.com bl.ink buff.ly clck.ru cli.gs cutt.ly
	cutt.us db.tt di.sn dlvr.it encurtador.com.br fb.me gg.gg goo.gl goo.su gourl.gr hyperurl.co is.gd j.mp kutt.it
	l.ead.me link.do linktr.ee lnk.to lnkd.in lnkiy.in migre.me moourl.com n9.cl ow.ly owl.li qps.ru qr.ae qrco.de
	rb.gy rebrand.ly reurl.cc rotf.lol s.id shorte.st shorturl.asia shorturl.at short.gy shrtco.de snip.ly snipurl.com
	soo.gd su.pr surl.li t.co t.ly t2m.io tiny.cc tiny.one tiny.pl tinyarrows.com tinyurl.com tny.im tr.im trib.al
	u.to urlz.fr urlzs.com v.gd v.ht vk.cc vo.la vzturl.com wp.me x.co x.gd xurl.es yourls.org zpr.io zurl.ws zws.im`)

// freePages are domains under which anybody puts up a page, a form or a
// gateway to one.
var freePages = set(`
	000webhostapp.com 123formbuilder.com 16mb.com 5gbfree.com atspace.com azurewebsites.net backblazeb2.com
	beget.tech blogspot.com bubbleapps.io carrd.co cf-ipfs.com cloudapp.azure.com codeanyapp.com cognitoforms.com
	firebaseapp.com fleek.co fly.dev forms.gle formstack.com freehostia.com ghost.io glitch.me godaddysites.com
	herokuapp.com hostingerapp.com infura-ipfs.io ipfs.dweb.link ipfs.io jimdosite.com jotform.com mybluehost.me
	my-free.website myftpupload.com mystrikingly.com netlify.app nftstorage.link ngrok.io ngrok-free.app notion.site
	onrender.com pages.dev pantheonsite.io plesk.page r2.dev rf.gd repl.co replit.app sites.google.com
	square.site strikingly.com surge.sh tripod.com trycloudflare.com ucoz.net vercel.app web.app webcindario.com
	webflow.io weebly.com weeblysite.com wixsite.com workers.dev wufoo.com yolasite.com zyrosite.com`)

// isFreePage says whether a host is one of freePages or below one.
func isFreePage(host string) bool {
	for host != "" {
		if freePages[host] {
			return true
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return false
}

// freemail are domains where anybody gets a mailbox for nothing.
var freemail = set(`
	126.com 163.com abv.bg aol.com aol.co.uk bk.ru bol.com.br centrum.cz daum.net e-mail.ua email.cz email.it fastmail.com
	freemail.hu freenet.de gawab.com gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net
	hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hush.com hushmail.com i.ua icloud.com
	inbox.lv inbox.ru interia.pl laposte.net latinmail.com libero.it list.ru live.co.uk live.com live.fr live.nl
	lycos.com mac.com mail.bg mail.com mail.ru me.com mynet.com naver.com netscape.net o2.pl onet.pl op.pl outlook.com
	outlook.de outlook.es outlook.fr proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com
	safe-mail.net seznam.cz sify.com sina.com sohu.com terra.com.br tiscali.it tlen.pl tom.com tutamail.com tutanota.com
	ukr.net uol.com.br virgilio.it volny.cz wanadoo.fr web.de wp.pl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk
	yahoo.com yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.hk yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.it
	yandex.com yandex.ru yeah.net ymail.com zoho.com zohomail.com`)

// isFreemail says whether an address is a free mailbox.
func isFreemail(addr string) bool { return freemail[domainOf(addr)] }

// set makes a set of words.
func set(words string) map[string]bool {
	all := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		all[w] = true
	}
	return all
}
