// Package webtest is what tests of pages need: a browser-like client with cookies, forms and checks by CSS selector, and,
// with the build tag "browser", Chromium with axe-core, screenshots and a record of everything that the page policy refused.
package webtest
