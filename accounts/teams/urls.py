from django.urls import path

from accounts.teams.views import members, teams

app_name = "teams"
urlpatterns = [
    path("", teams.team_detail, name="detail"),
    path("/switch", teams.team_switch, name="switch"),
    path("/new", teams.team_create, name="create"),
    path("/edit", teams.team_edit, name="edit"),
    path("/me", members.person_edit, name="me"),
    path("/open/<str:token>", members.link_open, name="open"),
    path("/leave", members.leave, name="leave"),
    path("/members/<int:member_id>/role", members.member_role, name="member_role"),
    path("/members/<int:member_id>/remove", members.member_remove, name="member_remove"),
    path("/invitations/new", members.invitation_create, name="invitation_create"),
    path("/invitations/<uuid:invitation_id>/revoke", members.invitation_revoke, name="invitation_revoke"),
    path("/join/<str:word>", members.invitation_accept, name="invitation"),
]
