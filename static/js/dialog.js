// Buttons with `commandfor` and `command` open and close dialogs by themselves in current browsers; older ones get it here.
// Clicking beside a dialog with closedby="any" closes it there too.
(() => {
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (!(dialog instanceof HTMLDialogElement)) return;
      if (button.getAttribute("command") === "show-modal") dialog.showModal();
      if (button.getAttribute("command") === "close") dialog.close();
    });
  }
  if (!("closedBy" in HTMLDialogElement.prototype)) {
    document.addEventListener("click", (event) => {
      if (event.target instanceof HTMLDialogElement && event.target.getAttribute("closedby") === "any") event.target.close();
    });
  }
})();
