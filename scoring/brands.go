package scoring

import (
	"strings"
	"unicode"
)

// A brand is a name that strangers like to write under. It may write from any
// domain whose name, before the public suffix, is one of its own, or contains
// one that ends in "*".
type brand struct {
	words string   // as authors call themselves, in lower case
	names []string // of its domains
}

// brands are those that are imitated most: banks, parcel services, mail and
// cloud providers, payment, exchanges of crypto-currencies, shops whose
// vouchers are promised. Names that are also words or family names only count
// together with another word.
var brands = parseBrands(`
paypal
amazon | amazon amazonses amazonaws audible kindle primevideo
amazon prime | amazon primevideo
prime video | amazon primevideo
netflix
spotify
steam support | steampowered steamcommunity valvesoftware
disney plus | disney disneyplus
disney+ | disney disneyplus
microsoft | microsoft office outlook live hotmail microsoftonline office365 azure xbox skype msn linkedin github sharepointonline windows
office 365 | microsoft office office365 microsoftonline
office365 | microsoft office office365 microsoftonline
microsoft 365 | microsoft office office365 microsoftonline
onedrive | microsoft live sharepoint sharepointonline onedrive
sharepoint | microsoft sharepoint sharepointonline
outlook team | microsoft outlook
docusign
adobe sign | adobe adobesign echosign
adobe | adobe adobesign frame
wetransfer
dropbox | dropbox dropboxmail hellosign
icloud | apple icloud me mac
apple id | apple
apple support | apple
apple pay | apple
itunes | apple itunes
google | google gmail youtube googlemail android fitbit
gmail team | google gmail
facebook | facebook facebookmail fb meta metamail
meta business | facebook facebookmail fb meta metamail
meta support | facebook facebookmail fb meta metamail
instagram | instagram facebook facebookmail meta
whatsapp | whatsapp facebook meta
telegram | telegram
linkedin
tiktok | tiktok bytedance
coinbase
binance
metamask | metamask consensys
trust wallet | trustwallet
trustwallet
blockchain.com | blockchain
opensea
uniswap
kraken exchange | kraken
ledger live | ledger
ledger support | ledger
ledger wallet | ledger
crypto.com | crypto
dhl | dhl deutschepost dpdhl
fedex
ups express | ups
ups delivery | ups
ups mail | ups upsemail
usps | usps
us postal | usps
royal mail | royalmail
evri | evri hermesworld
postnl
la poste | laposte
colissimo | laposte colissimo
chronopost | chronopost pickup
correos | correos
correios | correios
poste italiane | poste posteitaliane
dpd | dpd dpdgroup
gls
swiss post | post
ebay
walmart
costco
lowe's | lowes
lowes
home depot | homedepot
ace hardware | acehardware
dewalt
harbor freight | harborfreight
sam's club | samsclub
best buy | bestbuy
geek squad | geeksquad bestbuy
kohl's | kohls
macy's | macys
walgreens
cvs pharmacy | cvs
omaha steaks | omahasteaks
starbucks
mcafee | mcafee
norton | norton nortonlifelock symantec gendigital
at&t | att
xfinity | xfinity comcast
verizon | verizon verizonwireless
t-mobile | t-mobile
wells fargo | wellsfargo
bank of america | bankofamerica bofa
chase bank | chase jpmorgan
jpmorgan | chase jpmorgan jpmchase
citibank | citi citibank
capital one | capitalone
american express | americanexpress aexp amex
hsbc
barclays
santander | santander gruposantander
lloyds bank | lloydsbank lloydsbanking
natwest
halifax bank | halifax
bbva
caixabank | caixabank lacaixa
sparkasse | sparkasse* s-finanzgruppe dsgv
volksbank | volksbank* vb-* vr-*
commerzbank
postbank
deutsche bank | db deutsche-bank
dkb | dkb
comdirect
n26
ing-diba | ing ing-diba
rabobank
abn amro | abnamro
credit agricole | credit-agricole
crédit agricole | credit-agricole
bnp paribas | bnpparibas
société générale | societegenerale socgen
caixa econômica | caixa
bradesco
itaú | itau itau-unibanco
banco do brasil | bb
nubank
serasa | serasa serasaexperian experian
mercado livre | mercadolivre mercadolibre
mercado pago | mercadopago
receita federal | receita fazenda
detran
adac
kaufland
lidl
aldi | aldi aldi-sued aldi-nord
rewe
edeka
telekom | telekom t-online magenta
vodafone
1&1 | 1und1 ionos
ionos | ionos 1und1
strato
godaddy
namecheap
cpanel
rakuten
mercari
smbc | smbc smbc-card
american airlines | aa
southwest airlines | southwest southwestairlines
proton mail | proton protonmail
yahoo mail | yahoo yahoo-inc
aol mail | aol
web.de | web 1und1
gmx | gmx 1und1
`)

func parseBrands(lines string) []brand {
	var all []brand
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		words, names, listed := strings.Cut(strings.TrimSpace(line), "|")
		b := brand{words: strings.TrimSpace(words), names: strings.Fields(names)}
		if !listed {
			b.names = []string{b.words}
		}
		all = append(all, b)
	}
	return all
}

// owns says whether a registered domain is the brand's.
func (b brand) owns(domain string) bool {
	label, _, _ := strings.Cut(domain, ".")
	for _, name := range b.names {
		if label == name || strings.HasSuffix(name, "*") && strings.Contains(label, strings.TrimSuffix(name, "*")) {
			return true
		}
	}
	return false
}

// claimedBrand returns the brand that an author's display name claims to be,
// and whether one of that name owns the domain. It is nil if there is none.
func claimedBrand(display, domain string) (claimed *brand, own bool) {
	if display == "" || domain == "" {
		return nil, false
	}
	display = strings.ToLower(foldLookalikes(display))
	for i := range brands {
		if !containsWords(display, brands[i].words) {
			continue
		}
		if claimed = &brands[i]; claimed.owns(domain) {
			return claimed, true
		}
	}
	return claimed, false
}

// containsWords says whether words stand in s as whole words.
func containsWords(s, words string) bool {
	for from := 0; ; {
		at := strings.Index(s[from:], words)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(words)
		if !endsInLetter(s[:start]) && !beginsWithLetter(s[end:]) {
			return true
		}
		from = end
	}
}

func endsInLetter(s string) bool {
	r := []rune(s[max(0, len(s)-4):])
	return len(r) > 0 && (unicode.IsLetter(r[len(r)-1]) || unicode.IsDigit(r[len(r)-1]))
}

func beginsWithLetter(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return false
}
