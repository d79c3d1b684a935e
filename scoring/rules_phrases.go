package scoring

import "slices"

// One phrase is never enough: a family of phrases counts only when several of
// them come together, so that people can write about their inheritance, their
// password and their bank.
const (
	someWords = 4
	moreWords = 5 // where people write about such things in earnest
	manyWords = 7
)

var phraseRules = []rule{
	{"ADVANCE_FEE", always(3), "Several phrases of letters that promise a fortune for an advance.", atLeast(moreWords, "advance-fee")},
	{"ADVANCE_FEE_MANY", always(3), "So many of them that it is hardly anything else.", atLeast(manyWords, "advance-fee")},
	{"ADVANCE_FEE_MAILBOX", always(1), "Such phrases, and replies go to a free mailbox.", advanceFeeMailbox},
	{"EXTORTION", always(3), "Several phrases of letters that threaten to publish a recording.", atLeast(moreWords, "extortion")},
	{"EXTORTION_WALLET", always(3), "Such phrases, and the address of a wallet to pay to.", extortionWallet},
	{"CREDENTIALS", always(1.5), "Several phrases of letters that ask for credentials.", atLeast(someWords, "credentials")},
	{"CREDENTIALS_MANY", always(2), "So many of them that it is hardly anything else.", atLeast(manyWords, "credentials")},
	{"CREDENTIALS_LINK", always(2), "Such phrases, and a link that hides where it leads.", credentialsLink},
	{"PHARMACY", always(2.5), "Several phrases that advertise medicines.", atLeast(someWords, "pharmacy")},
	{"MONEY_OFFER", always(1.5), "Several phrases that advertise easy money.", atLeast(someWords, "money-offer")},
	{"MONEY_OFFER_MANY", always(2), "So many of them that it is hardly anything else.", atLeast(manyWords, "money-offer")},
	{"GTUBE", always(1000), "The generic test for unsolicited bulk email.", atLeast(1, "gtube")},
}

func advanceFeeMailbox(f *facts) (string, bool) {
	return f.replyTo, f.weight("advance-fee") >= moreWords && isFreemail(f.replyTo)
}

func extortionWallet(f *facts) (string, bool) {
	return f.words["wallet"].note(), f.weight("extortion") >= moreWords && f.weight("wallet") > 0
}

// hidingLinks are the rules that see a link that hides where it leads.
var hidingLinks = []func(*facts) (string, bool){
	urlAddress, urlNumber, urlUser, urlShortener, urlFreePage, urlMixedScript, urlTextDiffers, urlEncodedHost,
}

func credentialsLink(f *facts) (note string, found bool) {
	if f.weight("credentials") < someWords-1 {
		return "", false
	}
	for _, rule := range hidingLinks {
		if note, found = rule(f); found {
			return note, true
		}
	}
	return "", false
}

// builtinWords returns all wordlists that the built-in rules name.
func builtinWords() []wordlist {
	return slices.Concat(phraseWordlists, htmlPatterns, passwordGiven)
}

// phraseWordlists are the families. A phrase of weight 2 is one that honest
// mail hardly ever has.
var phraseWordlists = []wordlist{
	// In pieces so that no filter takes this program for a test.
	{"gtube", fieldText, patterns(`XJS\*C4JDBQADN1\.NSBN3\*2IDNEN\*` + `GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\*C\.34X`)},
	{"wallet", fieldText, patterns(`\b(?:bc1[a-z0-9]{25,60}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|0x[0-9a-fA-F]{40})\b`)},

	{"advance-fee", fieldText, slices.Concat(patterns(
		`(?i)(?:us\$|usd|\$|€|£|eur|gbp)\s*\d{1,3}(?:[.,]\d{1,3})*\s*(?:m\b|million)`,
		`(?i)\d\s*million\s+(?:united states |us |u\.s\. )?(?:dollars|usd|euros?|pounds)`,
		`(?i)\bsum of\b.{0,40}\b(?:million|thousand|dollars|usd|euros?|pounds)\b`,
		`(?i)\b\d{1,2} ?% .{0,60}\b(?:for you|as your share|of the (?:total )?(?:sum|money|fund))`,
	), phrases(`
		2 next of kin
		2 late client|deceased client|deceased customer|died intestate
		2 late husband ... left|late father ... deposited|my late husband
		2 inheritance fund*|unclaimed fund*|unclaimed inheritance|dormant account|abandoned sum
		2 transfer ... into your account|transfer of this fund|transfer of the fund*|transfer the fund* ... account
		2 foreign partner|foreign beneficiary|trusted foreigner
		2 consignment box*|trunk box*|security company ... deposited|diplomatic courier|diplomatic agent
		2 international lottery|lottery winner*|winning notification|your email ... won|email ... has won|award notification
		2 compensation fund*|compensation payment|scam victim*
		2 atm card ... worth|atm visa card|atm master card|bank draft ... worth
		2 donate ... to you|donation to you|donated to you|donation ... to your family
		2 claims agent|fiduciary agent|payment agent|paying bank
		2 modalities
		2 diagnosed with ... cancer|esophageal cancer|oesophageal cancer
		2 risk free transaction|100% risk free|hitch free|hitch-free
		2 confidential business proposal|business proposal ... mutual benefit|mutual business
		barrister|attorney at law|solicitor
		beneficiary
		utmost confidence|utmost confidentiality|strictly confidential|top secret|keep this ... confidential
		western union|money gram|moneygram
		contract payment|overdue contract|over-invoiced|over invoiced
		central bank of|ministry of finance|united nations|world bank|imf|fbi
		i am contacting you|i got your contact|your email address ... through
		dear beloved|beloved in christ|god bless you|dearest one|greetings in the name
		your full name|your bank account|your telephone number|your age ... occupation|direct telephone
		remain blessed|honest and trustworthy|god fearing
		charity|orphanage*|less privileged|motherless
		nigeria|burkina faso|cote d'ivoire|ivory coast|benin republic|ghana|togo
		erbschaft|erbe ... million*|begünstigte*|nächste* angehörige*
		héritage|bénéficiaire|don de ... euros|cancer ... généralisé
		herencia|beneficiario|fondos ... millones
		herança|fundo de ... milhões|eredità|beneficiario ... fondi
	`))},

	{"extortion", fieldText, phrases(`
		2 recorded you|recorded a video of you|video of you|filmed you|record you ... camera
		2 masturbat*|pleasuring yourself|satisfying yourself|jerk*
		2 send ... video ... contacts|sent to all your contacts|all of your contacts|to all your friends and family
		2 i hacked|i have hacked|has been hacked|hacked your|infected your device|infected with my
		2 i know ... your password|is your password|one of your password*|i am aware ... your password
		2 my bitcoin wallet|my btc wallet|bitcoin address ... case sensitive|btc address|my wallet
		2 destroy the video|delete the video|erase the video|destroy your reputation|ruin your life
		2 do not try to contact me|don't try to contact me|do not reply ... this email ... not|no one will ever know
		2 ich habe sie aufgenommen|ihr gerät ... gehackt|an alle ihre kontakte
		2 j'ai piraté|vous ai filmé|tous vos contacts
		2 he hackeado|te grabé|todos tus contactos
		webcam|web camera|your camera
		adult website*|adult site*|adult content|porn*|pornosite*
		trojan|malware ... your device|remote access|rat software|spyware|keylogger|private key
		bitcoin*|btc|ethereum|monero
		48 hours|72 hours|50 hours|two days ... pay|24 hours ... pay
		make the payment|make a payment|send the money|pay me|transfer ... to my
		police
		operating system ... access|full access to|full control
		darknet|dark web
		ddos attack*|botnet
	`)},

	{"credentials", fieldText, phrases(`
		2 verify your mailbox|verify your email account|validate your mailbox|validate your email|re-validate|revalidate your
		2 mailbox quota|mailbox storage|mailbox ... exceeded|mailbox is full|mailbox is almost full|email quota|storage limit ... mailbox
		2 keep same password|keep current password|keep my password|keep using the same password|continue with same password
		2 password ... expires today|password is set to expire|password will expire|password expiration|password expiry
		2 account ... will be suspended|account will be deactivated|account will be closed|account will be terminated|account will be blocked|account will be disabled
		2 account has been suspended|account has been limited|account has been locked|account has been restricted|account has been blocked|account is on hold|account was suspended
		2 failure to verify|failure to do so|failure to comply|if you ignore this|avoid suspension|avoid ... termination|avoid account|avoid losing
		2 incoming messages ... pending|undelivered messages|pending messages|messages ... on hold|release messages|quarantined messages ... review
		2 update your account information|update your billing|update your payment|confirm your billing|verify your information|confirm your information
		2 we were unable to validate|unable to verify your|could not verify your|problem with your billing
		2 webmail administrator|mail administrator|email administrator|webmaster team|it help desk|helpdesk department
		2 seed phrase|recovery phrase|wallet ... verification|synchronize your wallet|validate your wallet
		unusual activity|unusual sign-in|unusual sign in|unusual login|suspicious activity|suspicious login|unauthorized access|unauthorised access|unauthorized login
		confirm your identity|verify your identity|confirm your account|verify your account|validate your account|confirm your password|confirm ownership
		dear customer|dear user|dear account holder|dear client|dear member|dear email user|dear valued customer|valued customer
		click here to verify|click here to update|click here to confirm|click below to|click the link below|click on the link below|click the button below|log in below
		within 24 hours|within 48 hours|within 24hours|immediately|urgent action|action required|final notice|last warning
		your account|your mailbox
		security department|account department|security team|account team|support team
		restore access|restore your account|reactivate|unlock your account|upgrade your
		package ... could not be delivered|delivery attempt|shipping fee|customs fee|redelivery
		2 konto ... gesperrt|konto wurde eingeschränkt|bestätigen sie ihre daten|ihre daten ... aktualisieren|zugang ... gesperrt
		sehr geehrter kunde|sehr geehrte kundin|werter kunde|ihr konto
		2 votre compte ... suspendu|compte a été limité|mettre à jour vos informations|confirmer vos informations
		cher client|chère cliente|votre compte
		2 su cuenta ... suspendida|cuenta ha sido bloqueada|verifique su cuenta|actualizar sus datos|confirme sus datos
		estimado cliente|su cuenta
		2 sua conta ... bloqueada|conta foi suspensa|atualize seus dados|confirme seus dados
		prezado cliente|caro cliente|sua conta
		2 il tuo conto ... sospeso|account è stato sospeso|aggiorna i tuoi dati|verifica i tuoi dati
		gentile cliente
	`)},

	{"pharmacy", fieldText, phrases(`
		2 viagra|v1agra|vi@gra|sildenafil
		2 cialis|tadalafil
		2 levitra|kamagra
		2 xanax|valium|ambien|vicodin|phentermine|tramadol|oxycodone
		2 penis enlargement|enlarge your penis|penis size|male enhancement|bigger penis
		2 no prescription|without prescription|prescription free|no prior prescription
		2 human growth hormone|hgh
		online pharmacy|canadian pharmacy|online drugstore|discount pharmacy
		erectile dysfunction|sexual performance|sex drive|sexual desire
		lose weight|weight loss|burn fat|diet pill*|keto gummies|fat burning
		cheap meds|generic drugs|prescription drugs|our doctors|fda approved|medications online
		anti-aging|herbal
		free shipping|overnight shipping|discreet
	`)},

	{"money-offer", fieldText, slices.Concat(patterns(
		`(?i)\b(?:earn|make|made|making)\b.{0,30}(?:\$|€|£|usd)\s?\d[\d,.]*.{0,20}\b(?:per|a|every|in|each)\s+(?:day|week|month|hour|year)`,
		`(?i)\$\$\$`,
	), phrases(`
		2 make money fast|make money at home|make money from home|money making|make easy money|easy cash
		2 financial freedom|financially independent|financial independence
		2 double your income|double your money|double your investment|guaranteed returns|guaranteed profit*
		2 bulk email*|bulk e-mail*|million email addresses|email addresses ... cd|targeted email
		2 one time mailing|one-time mailing|this is not spam|this message is not spam|complies with ... senate bill|bill 1618|never be contacted again
		2 multi-level marketing|multi level marketing|mlm|pyramid|chain letter
		2 strong buy|stock alert|hot stock|price target|investor alert|penny stock*|otcbb
		2 university diploma*|degree ... based on|no tests, classes|diploma ... without
		2 replica watch*|rolex replica*|replica rolex|designer replica*
		2 online casino|casino bonus|free spins|welcome bonus|no deposit bonus
		2 crypto investment|bitcoin investment|trading bot|investment platform ... daily
		work from home|work at home|home based business|home-based business|be your own boss
		risk free|risk-free|no risk|no obligation|nothing to lose|money back guarantee|satisfaction guaranteed
		bad credit|credit repair|erase bad credit|no credit check|credit card debt|consolidate ... debt|get out of debt
		mortgage rate*|refinance|lowest rate*|loan approval|pre-approved|business loan*|personal loan*|loan offer
		act now|order now|call now|limited time|while supplies last|don't delay|don't miss|hurry
		removed from our|removed from this|remove in the subject|to be removed|unsubscribe by replying|future mailings
		as seen on|100% free|absolutely free|totally free|free gift|free trial|free membership
		toll free|24 hours a day|operators are standing by
		passive income|residual income|extra income|unlimited income|earning potential|income potential
	`))},
}
