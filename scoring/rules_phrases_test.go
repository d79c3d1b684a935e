package scoring

import "strings"

// The hand-written letters below are made up; those that nearly hit are what
// people write about the same things.
const (
	fortune = `I am the barrister of my late client, who died without any next of kin. I am contacting you so that
the sum of $10.5 million can be transferred to you as the beneficiary. Treat this with utmost confidentiality.`

	fortuneMany = fortune + ` You will be my foreign partner, the fund will move as a consignment box by a diplomatic
courier, and the modalities follow. This is a 100% risk free transaction.`

	inheritance = `Dear Bob, since my uncle died I have to deal with his inheritance. The barrister says that every
beneficiary must sign, and that the house is worth $1.2 million. God bless you for your help.`

	threat = `I have hacked your operating system and recorded you with your own webcam while you visited adult
websites. Send 500 dollars in bitcoin within 48 hours or the recording will be sent to all your contacts.`

	security = `Our webcam talk on Tuesday is about a trojan that was found last year, how it is removed, and what
the police say about ransom in bitcoin.`

	wallet = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"

	harvest = `Dear customer, your mailbox quota has been reached. Verify your mailbox within 24 hours or your account
will be suspended.`

	harvestMany = harvest + ` Click here to verify and keep same password. Failure to do so means that incoming messages
are pending. Webmail administrator, account department`

	reset = `Hello Ann, we received a request to reset your password. The link is good for 24 hours. If you did not
ask for it, ignore this mail: your account stays as it is. Never give your password to anybody.`

	pills = `Viagra and Cialis from our online pharmacy, no prescription needed, free shipping.`

	doctor = `The study compares sildenafil (Viagra) with a placebo in 400 patients.`

	offer = `Make money fast from home! No obligation, no risk, act now: be your own boss and earn $500 per day.`

	offerMany = offer + ` This is not spam. Financial freedom is yours. Double your income and get out of debt.`

	bank = `Your business loan has been approved as we discussed. There is no obligation to accept.`
)

var gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

var phraseCases = []ruleCase{
	{rule: "ADVANCE_FEE", hit: letter("", fortune), near: letter("", inheritance)},
	{rule: "ADVANCE_FEE_MANY", hit: letter("", fortuneMany), near: letter("", inheritance)},
	{rule: "ADVANCE_FEE_MAILBOX", hit: letter("Reply-To: barrister@yahoo.com", fortune),
		near: letter("Reply-To: barrister@example.org", fortune)},
	{rule: "EXTORTION", hit: letter("", threat), near: letter("", security)},
	{rule: "EXTORTION_WALLET", hit: letter("", threat+" "+wallet), near: letter("", security+" "+wallet)},
	{rule: "CREDENTIALS", hit: letter("", harvest), near: letter("", reset)},
	{rule: "CREDENTIALS_MANY", hit: letter("", harvestMany), near: letter("", reset)},
	{rule: "CREDENTIALS_LINK", hit: letter("", harvest+" https://mailbox.weebly.com/"),
		near: letter("", reset+" https://mailbox.weebly.com/")},
	{rule: "PHARMACY", hit: letter("", pills), near: letter("", doctor)},
	{rule: "MONEY_OFFER", hit: letter("", offer), near: letter("", bank)},
	{rule: "MONEY_OFFER_MANY", hit: letter("", offerMany), near: letter("", bank)},
	{rule: "GTUBE", hit: letter("", prose+"\n"+gtube), near: letter("", prose+"\n"+strings.ToLower(gtube))},
}
