// What nbgrader's scripts take for granted: names that its page sets, and MathJax, which we do not load.
"use strict";

var base_url = "/formgrader";
var submission_id = document.currentScript.dataset.submission;
var notebook_id = document.currentScript.dataset.notebook;
var assignment_id = document.currentScript.dataset.assignment;
var MathJax = {Hub: {Startup: {signal: {Interest: function (told) { told("End"); }}}}};
