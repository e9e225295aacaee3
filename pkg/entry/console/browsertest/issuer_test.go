// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vertextune/vertextune/pkg/standin/openid"
)

// A sign-in at an issuer, which is another site, and back to the page that was wanted.
func TestSignIn_at_an_issuer(t *testing.T) {
	t.Parallel()
	at := openid.Start(t).URL
	own, _ := launched(t, "AUTH_MODE=oidc", "AUTH_ISSUER="+at, "AUTH_AUDIENCES=api", "AUTH_CLIENT_ID=console", "AUTH_CLIENT_SECRET=s", "AUTH_OPERATORS=email:ann@example.com")
	own = strings.Replace(own, "localhost", "127.0.0.1", 1)
	b := open(t, at, own)
	b.do(chromedp.Navigate(own+"/console/models"), chromedp.WaitReady(chromedp.CSS("footer")))
	b.see("You sign in at")
	b.accessible("the page for signing in")
	b.click("Sign in")
	b.see("ann@example.com")
	b.see("Base model")
	if now := eval[string](b, "location.href"); now != own+"/console/models" {
		t.Errorf("the address is %s", now)
	}
	if cookies := eval[string](b, "document.cookie"); cookies != "" {
		t.Errorf("a script can read %q", cookies)
	}
	b.click("Data")
	b.see("A file with conversations")
	b.click("Sign out")
	b.see("You sign in at")
	b.do(chromedp.Navigate(own+"/console/sign-in/callback?state=x&code=y"), chromedp.WaitReady(chromedp.CSS("footer")))
	b.see("The sign-in was not completed.")
	b.accessible("the refused sign-in")
}
