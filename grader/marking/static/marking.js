// nbgrader's formgrader, changed where it would hide a refusal, lose what was typed, or offer what we do not.
"use strict";

(function () {
    var unsaved = new Set();   // fields whose content is on its way, or was refused
    var QUIET_MS = 800;

    $.fx.off = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

    window.addEventListener("beforeunload", function (event) {
        if (unsaved.size) {
            event.preventDefault();
        }
    });

    function reason(xhr) {
        if (xhr.status === 0) {
            return "Not saved: grader mark gave no answer; does it still run?";
        }
        return "Not saved. " + ((xhr.responseJSON || {}).message || "The answer was " + xhr.status + ".");
    }

    function settled() {
        $(document).trigger("settled");
    }

    // One field of a model: sends one value after another, and says how it went.
    function Field(model, name, $input, $told) {
        this.model = model;
        this.name = name;
        this.$input = $input;
        this.$told = $told;
        this.waiting = undefined;
        this.isSending = false;
    }

    Field.prototype.tell = function (text, kind) {
        this.$told.removeClass("good bad busy").addClass(kind).text(text);
        this.$input.attr("aria-invalid", kind === "bad" ? "true" : null);
    };

    Field.prototype.send = function (value) {
        this.waiting = {value: value};
        unsaved.add(this);
        if (!this.isSending) {
            this.next();
        }
    };

    Field.prototype.next = function () {
        var that = this;
        var value = this.waiting.value;
        var body = {};
        body[this.name] = value;
        this.waiting = undefined;
        this.isSending = true;
        this.tell("Saving…", "busy");
        this.model.save(body, {
            wait: true,
            attrs: body,
            success: function () { that.done(undefined); },
            error: function (model, xhr) { that.done(xhr); }
        });
    };

    Field.prototype.done = function (xhr) {
        this.isSending = false;
        if (this.waiting) {
            this.next();
            return;
        }
        if (xhr === undefined) {
            unsaved.delete(this);
            this.tell(this.said(), "good");
        } else {
            this.tell(reason(xhr), "bad");
            this.refused(xhr);
        }
        settled();
    };

    Field.prototype.refused = function () {};

    GradeUI = Backbone.View.extend({
        events: {
            "change .score": "enter",
            "click .full-credit": "giveAll",
            "click .no-credit": "giveNone"
        },

        initialize: function () {
            var that = this;
            this.$score = this.$(".score");
            this.field = new Field(this.model, "manual_score", this.$score, this.$(".score-told"));
            this.field.said = function () {
                var score = that.model.get("manual_score");
                return score === null ? "Saved: no points given." : "Saved: " + score + " of " + that.model.get("max_score") + ".";
            };
            this.field.refused = function (xhr) {
                if (xhr.status >= 400 && xhr.status < 500) {
                    unsaved.delete(that.field);
                    that.render();
                }
            };
            this.listenTo(this.model, "change", this.render);
            this.$score.prop("readonly", false);
            this.$score.attr("placeholder", this.model.get("auto_score"));
            this.render();
            if (this.model.get("manual_score") !== null) {
                this.field.tell(
                    this.model.get("is_current") ? this.field.said()
                        : "The answer changed after you marked it: please mark it again.",
                    this.model.get("is_current") ? "good" : "bad"
                );
            }
        },

        render: function () {
            this.$score.val(this.model.get("manual_score"));
            this.$el.toggleClass("due", this.model.get("needs_manual_grade"));
        },

        enter: function () {
            var input = this.$score[0];
            if (input.validity.badInput) {
                this.render();
                this.field.tell("Not saved. Points should be a number from 0 to " + this.model.get("max_score") + ".", "bad");
                return;
            }
            this.field.send(input.value === "" ? null : Number(input.value));
        },

        give: function (score) {
            this.$score.val(score);
            this.field.send(score);
            this.$score.trigger("select").trigger("focus");
        },

        giveAll: function () { this.give(this.model.get("max_score")); },

        giveNone: function () { this.give(0); }
    });

    CommentUI = Backbone.View.extend({
        events: {
            "input .comment": "later",
            "change .comment": "enter"
        },

        initialize: function () {
            this.$comment = this.$(".comment");
            this.field = new Field(this.model, "manual_comment", this.$comment, this.$(".comment-told"));
            this.field.said = function () { return "Saved."; };
            this.$comment.val(this.model.get("manual_comment") || "").prop("readonly", false);
            autosize(this.$comment);
        },

        later: function () {
            unsaved.add(this.field);
            window.clearTimeout(this.timer);
            this.timer = window.setTimeout(_.bind(this.enter, this), QUIET_MS);
        },

        enter: function () {
            window.clearTimeout(this.timer);
            this.field.send(this.$comment.val());
        }
    });

    function countMarked() {
        var due = formgrader.grades.filter(function (grade) {
            return grade.get("is_written") && (grade.get("needs_manual_grade") || grade.get("auto_score") === null);
        });
        var marked = due.filter(function (grade) { return !grade.get("needs_manual_grade"); });
        $("#page-marked").text(marked.length + " of " + due.length + " marked");
    }

    function sayIfNotLoaded(collection) {
        collection.on("error", function (what, xhr) {
            if (what === collection) {
                $("#page-marked").text("Marks could not be loaded (" + xhr.status + "); load this page again.");
            }
        });
    }

    // Fields take nothing until the marks that are there have come.
    var loadGrades = FormGrader.prototype.loadGrades;
    FormGrader.prototype.loadGrades = function () {
        loadGrades.call(this);
        this.grades.on("sync change", countMarked);
        sayIfNotLoaded(this.grades);
    };

    var loadComments = FormGrader.prototype.loadComments;
    FormGrader.prototype.loadComments = function () {
        loadComments.call(this);
        sayIfNotLoaded(this.comments);
    };

    // Leave when everything is saved, and stay where something was refused.
    FormGrader.prototype.save = function (callback) {
        if (document.activeElement) {
            document.activeElement.blur();
        }
        $(document).off("settled");
        function leave() {
            var busy = Array.from(unsaved).some(function (field) { return field.isSending || field.waiting; });
            if (busy) {
                $(document).one("settled", leave);
            } else if (unsaved.size === 0 && callback) {
                callback();
            }
        }
        leave();
    };

    FormGrader.prototype.nextIncorrectAssignment = function () { this.goTo("next_due"); };

    FormGrader.prototype.prevIncorrectAssignment = function () { this.goTo("prev_due"); };

    FormGrader.prototype.goTo = function (way) {
        var url = this.navigateTo(way);
        this.save(function () { window.location = url; });
    };

    // Some fields are folded away, and take no focus.
    FormGrader.prototype.selectInput = function (index) {
        var fields = $(".tabbable");
        var step = index < this.getIndex(this.last_selected) ? -1 : 1;
        for (var tries = 0; tries < fields.length; tries += 1, index += step) {
            var field = fields[(index + fields.length) % fields.length];
            field.focus();
            if (document.activeElement === field) {
                $(field).trigger("select");
                return;
            }
        }
    };

    // Enter is the focused button's own, where one has the focus.
    FormGrader.prototype.focusInput = function (event) {
        if (document.activeElement === document.body && this.last_selected.length) {
            event.preventDefault();
            this.last_selected.trigger("focus").trigger("select");
        }
    };

    FormGrader.prototype.configureTooltips = function () {};

    FormGrader.prototype.flag = function () {
        $.ajax({method: "POST", url: base_url + "/api/submitted_notebook/" + submission_id + "/flag"}).done(function (told) {
            $("#page-flag").attr("aria-pressed", String(told.flagged));
        }).fail(function (xhr) {
            window.alert(reason(xhr));
        });
    };

    KeyboardManager.prototype.showHelp = function () {
        var dialog = $("<dialog/>").attr({"aria-labelledby": "page-keys", "class": "keys"});
        dialog.append($("<h2/>").attr("id", "page-keys").text("Keyboard shortcuts"));
        var list = $("<dl/>").appendTo(dialog);
        _.each(this.help, function (text, keys) {
            list.append($("<dt/>").append($("<kbd/>").text(keys.replace("control", "ctrl"))), $("<dd/>").text(text));
        });
        $("<form/>").attr("method", "dialog").append($("<button/>").text("Close")).appendTo(dialog);
        dialog.on("close", function () { dialog.remove(); });
        dialog.on("keydown", function (event) { event.stopPropagation(); });
        $("body").append(dialog);
        dialog[0].showModal();
    };

    function rememberSchemes() {
        $(".scheme").each(function () {
            var key = "scheme " + this.dataset.scheme;
            this.open = window.sessionStorage.getItem(key) === "open";
            this.addEventListener("toggle", function () {
                window.sessionStorage.setItem(key, this.open ? "open" : "folded");
            });
        });
    }

    $(window).on("load", function () {
        rememberSchemes();
        $("#page-flag").on("click", function () { formgrader.flag(); });
        $(".bar a").on("click", function (event) {
            var url = this.href;
            if (unsaved.size && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
                event.preventDefault();
                formgrader.save(function () { window.location = url; });
            }
        });
        // Registered again for the words in the help: nbgrader's speak of tests.
        [["control-shift-.", "nextIncorrectAssignment", "next"], ["control-shift-,", "prevIncorrectAssignment", "previous"]].forEach(
            function (binding) {
                formgrader.keyboard_manager.register({
                    handler: _.bind(formgrader[binding[1]], formgrader),
                    keybinding: binding[0],
                    help: "Move to the " + binding[2] + " submission that waits to be marked"
                });
            }
        );
    });
}());
